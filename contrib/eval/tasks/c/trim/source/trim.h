#ifndef TRIM_H
#define TRIM_H

/* The text without blanks, tabs and ends of line around it; changes it in place. */
char *trim(char *text);

#endif
