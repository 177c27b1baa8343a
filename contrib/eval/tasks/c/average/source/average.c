/* Prints the average of the numbers on the command line, rounded towards zero. */
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    int sum = 0;

    if (argc < 2) {
        fputs("usage: average NUMBER...\n", stderr);
        return 2;
    }
    for (int i = 1; i < argc; i++)
        sum += atoi(argv[i]);
    printf("%d\n", sum / (argc - 1));
    return 0;
}
