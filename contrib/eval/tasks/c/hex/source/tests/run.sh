#!/bin/sh
failed=0
check() {
    got=$(printf "$1" | ./hex | tail -n 1)
    [ "$got" = "$2" ] || { echo "last line of '$1': '$got', not '$2'"; failed=1; }
}
check 'abc' '000000 61 62 63'
check '12345678a' '000008 61'
check 'caf\303\251' '000000 63 61 66 c3 a9'
check '\000\377' '000000 00 ff'
check '12345678123456781' '000010 31'
check '' ''
exit $failed
