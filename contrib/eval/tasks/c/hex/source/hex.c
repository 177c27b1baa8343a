/* Prints stdin in hexadecimal, eight bytes a line with the offset of the first before them. */
#include <stdio.h>

int main(void)
{
    char line[8];
    size_t offset = 0, got;

    while ((got = fread(line, 1, sizeof line, stdin)) > 0) {
        printf("%06zd", offset);
        for (size_t i = 0; i < got; i++)
            printf(" %02x", line[i]);
        putchar('\n');
        offset += got;
    }
    return 0;
}
