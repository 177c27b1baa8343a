/* A list of numbers; NULL is an empty one. */
#ifndef LIST_H
#define LIST_H

struct node {
    int value;
    struct node *next;
};

/* Add a number at the front. Returns the new head. */
struct node *list_add(struct node *head, int value);

/* Remove every element of this value. Returns the new head. */
struct node *list_remove(struct node *head, int value);

#endif
