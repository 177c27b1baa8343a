#!/bin/sh
failed=0
check() {
    got=$(sh minutes.sh "$1" 2>&1)
    [ "$got" = "$2" ] || { echo "minutes of $1: $got, not $2"; failed=1; }
}
check 00:00 0
check 12:34 754
check 00:10 10
check 01:07 67
check 08:09 489
check 09:59 599
check 23:59 1439
check noon "not a time: noon"
exit $failed
