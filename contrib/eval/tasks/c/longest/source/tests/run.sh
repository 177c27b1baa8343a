#!/bin/sh
failed=0
check() {
    got=$(printf '%s\n' "$1" | ./longest)
    [ "$got" = "$2" ] || { echo "longest of '$1': '$got', not '$2'"; failed=1; }
}
check "a bcd ef" bcd
check "one two" one
check "short responsibilities" responsibilities
check "fifteen-letters a" fifteen-letters
check "sixteen--letters fifteen-letters" sixteen--letters
check "x $(printf '%063d' 7) y" "$(printf '%063d' 7)"
printf '' | ./longest && { echo "no word is no error"; failed=1; }
exit $failed
