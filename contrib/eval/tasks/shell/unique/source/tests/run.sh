#!/bin/sh
failed=0
check() {
    got=$(printf "$1" | sh unique.sh | tr '\n' ' ')
    [ "$got" = "$2" ] || { echo "unique of '$1': '$got', not '$2'"; failed=1; }
}
check 'a\na\nb\n' 'a b '
check 'b\na\nb\nc\na\n' 'b a c '
check 'x y\nx\nx y\n' 'x y x '
check '10\n10.0\n1e1\n' '10 10.0 1e1 '
check '' ''
exit $failed
