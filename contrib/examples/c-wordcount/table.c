#include "table.h"

#include <stdlib.h>
#include <string.h>

/* FNV-1a, 32 bits. */
static size_t hash(const char *word)
{
    unsigned long h = 2166136261u;
    for (; *word != '\0'; word++)
        h = ((h ^ (unsigned char)*word) * 16777619u) & 0xffffffffu;
    return (size_t)h;
}

static struct entry *find(struct table *table, const char *word)
{
    size_t i = hash(word) % table->size;
    while (table->entries[i].word != NULL && strcmp(table->entries[i].word, word) != 0)
        i = (i + 1) % table->size;
    return &table->entries[i];
}

static int grow(struct table *table)
{
    struct table bigger = {NULL, table->used, table->size == 0 ? 64 : table->size * 2};
    bigger.entries = calloc(bigger.size, sizeof *bigger.entries);
    if (bigger.entries == NULL)
        return -1;
    for (size_t i = 0; i < table->size; i++)
        if (table->entries[i].word != NULL)
            *find(&bigger, table->entries[i].word) = table->entries[i];
    free(table->entries);
    *table = bigger;
    return 0;
}

int table_add(struct table *table, const char *word)
{
    if (table->used * 2 >= table->size && grow(table) < 0)
        return -1;
    struct entry *entry = find(table, word);
    if (entry->word == NULL) {
        size_t size = strlen(word) + 1;
        entry->word = malloc(size);
        if (entry->word == NULL)
            return -1;
        memcpy(entry->word, word, size);
        table->used++;
    }
    entry->count++;
    return 0;
}

static int by_count(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    if (a->count != b->count)
        return a->count < b->count ? 1 : -1;
    return strcmp(a->word, b->word);
}

void table_sort(struct table *table)
{
    size_t kept = 0;
    for (size_t i = 0; i < table->size; i++)
        if (table->entries[i].word != NULL) {
            struct entry moved = table->entries[i];
            table->entries[i].word = NULL;
            table->entries[kept++] = moved;
        }
    if (kept > 0)
        qsort(table->entries, kept, sizeof *table->entries, by_count);
}

void table_free(struct table *table)
{
    for (size_t i = 0; i < table->size; i++)
        free(table->entries[i].word);
    free(table->entries);
}
