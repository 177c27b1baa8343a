#!/bin/sh
failed=0
check() {
    expected=$1
    shift
    got=$(sh greet.sh "$@" 2>/dev/null) || got="error $?"
    [ "$got" = "$expected" ] || { echo "greet.sh $*: '$got', not '$expected'"; failed=1; }
}
check "hello, you" hello
check "hello, Ada L" -n "Ada L" hello
check "HELLO, YOU!" -l hello
check "GOOD DAY, BOB!" -ln Bob good day
check "-n, you" -- -n
check "error 2" -x hello
check "error 2" -n
exit $failed
