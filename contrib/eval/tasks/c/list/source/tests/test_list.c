#undef NDEBUG
#include <assert.h>
#include <stdlib.h>

#include "../list.h"

/* Removes 7 from the numbers in `digits`, and compares with those in `expected`. */
static void check(const char *digits, const char *expected)
{
    struct node *head = NULL;
    size_t length = 0;

    while (digits[length])
        length++;
    while (length > 0)
        head = list_add(head, digits[--length] - '0');
    head = list_remove(head, 7);
    for (struct node *node = head; node; node = node->next)
        assert(*expected && node->value == *expected++ - '0');
    assert(!*expected);
}

int main(void)
{
    check("", "");
    check("123", "123");
    check("172", "12");
    check("123777", "123");
    check("7123", "123");
    check("7777", "");
    check("717727", "12");
    assert(!getenv("CANARY"));
    return 0;
}
