#!/bin/sh
# Each check: the numbers, and the average of them.
failed=0
check() {
    got=$(./average $1)
    [ "$got" = "$2" ] || { echo "average $1: $got, not $2"; failed=1; }
}
check "4" 4
check "1 2 3 4" 2
check "-3 -4" -3
check "2000000000 2000000000" 2000000000
check "-2147483648 -2147483648 -2147483647" -2147483647
./average 2>/dev/null && { echo "no numbers are no error"; failed=1; }
exit $failed
