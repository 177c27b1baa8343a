#!/bin/sh
failed=0
check() {
    got=$(./setting "$1" tests/settings.txt)
    code=$?
    [ "$got/$code" = "$2" ] || { echo "setting $1: '$got/$code', not '$2'"; failed=1; }
}
check name demo/0
check path a=b/0
check mypath elsewhere/0
check empty /0
check pat /1
check missing /1
exit $failed
