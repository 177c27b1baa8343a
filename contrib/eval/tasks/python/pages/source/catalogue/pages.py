"""Pages of a list; the first page is number 1."""


def count(items, size):
    """How many pages it takes to show all items."""
    if size < 1:
        raise ValueError("a page holds at least one item")
    return len(items) // size


def page(items, size, number):
    """The items of one page. Raises IndexError when there is no such page."""
    if not 1 <= number <= max(1, count(items, size)):
        raise IndexError(f"there is no page {number}")
    first = (number - 1) * size
    return items[first : first + size]
