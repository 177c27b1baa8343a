#undef NDEBUG
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "../trim.h"

static void check(const char *text, const char *expected)
{
    char room[64] = "    ";
    char *inside = room + 4;

    strcpy(inside, text);
    assert(strcmp(trim(inside), expected) == 0);
    assert(memcmp(room, "    ", 4) == 0);
}

int main(void)
{
    check("word", "word");
    check("  two words \n", "two words");
    check("\ttab\t \r\n", "tab");
    check("", "");
    check("   ", "");
    check("\n", "");
    assert(!getenv("CANARY"));
    return 0;
}
