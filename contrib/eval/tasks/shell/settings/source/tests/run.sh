#!/bin/sh
failed=0
check() {
    got=$(printf '%b' "$1" | sh conf.sh "$2")
    code=$?
    [ "$got/$code" = "$3" ] || { echo "$2 of '$1': '$got/$code', not '$3'"; failed=1; }
}
check 'name=demo\nport=80\n' port 80/0
check 'name=a\nname=b\n' name b/0
check 'name=last line' name 'last line/0'
check 'title=two  words \n' title 'two  words /0'
check 'path=C:\\new\n' path 'C:\new/0'
check '#port=1\n' port /1
check 'support=yes\n' port /1
check 'sum=1+1=2\n' sum '1+1=2/0'
check 'all=*\n' all '*/0'
exit $failed
