/* setting KEY FILE: prints the value of a setting in a file of lines KEY=VALUE. Ends with 1 if it is not there. */
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    static char line[1024];
    FILE *file = argc == 3 ? fopen(argv[2], "r") : NULL;

    if (!file)
        return 2;
    while (fgets(line, sizeof line, file)) {
        char *equals = strrchr(line, '=');
        if (!equals)
            continue;
        *equals = '\0';
        if (strstr(line, argv[1])) {
            fputs(equals + 1, stdout);
            return 0;
        }
    }
    return 1;
}
