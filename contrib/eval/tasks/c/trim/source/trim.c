#include "trim.h"

#include <string.h>

char *trim(char *text)
{
    char *end = text + strlen(text) - 1;

    while (*text == ' ')
        text++;
    while (*end == ' ' || *end == '\n')
        end--;
    end[1] = '\0';
    return text;
}
