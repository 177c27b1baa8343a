/* Prints the longest word on stdin; the first of them when there are several. */
#include <stdio.h>
#include <string.h>

int main(void)
{
    char word[64];
    char best[16];
    size_t longest = 0;

    while (scanf("%16s", word) == 1) {
        if (strlen(word) > longest) {
            longest = strlen(word);
            strncpy(best, word, 15);
        }
    }
    if (longest == 0)
        return 1;
    printf("%.15s\n", best);
    return 0;
}
