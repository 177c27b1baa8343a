"""A basket of a shop. Prices are in cents."""


class Basket:
    """What one customer wants to buy, as (name, cents) in the order of adding."""

    def __init__(self, articles=[]):
        self.articles = articles

    def add(self, name, cents):
        if cents < 0:
            raise ValueError("a price is not negative")
        self.articles.append((name, cents))

    def total(self):
        return sum(cents for _, cents in self.articles)
