#include "list.h"

#include <stdlib.h>

struct node *list_add(struct node *head, int value)
{
    struct node *node = malloc(sizeof *node);

    if (!node)
        abort();
    node->value = value;
    node->next = head;
    return node;
}

struct node *list_remove(struct node *head, int value)
{
    for (struct node *node = head; node && node->next; node = node->next) {
        struct node *next = node->next;
        if (next->value == value) {
            node->next = next->next;
            free(next);
        }
        if (!node->next)
            break;
    }
    return head;
}
