#!/bin/sh
# conf.sh KEY <FILE: prints the value of the last line KEY=VALUE; ends with 1 when there is none.
found=1
while read line rest; do
    case $line in
    *"$1="*) value=${line#*=} found=0 ;;
    esac
done
[ $found -ne 0 ] || echo $value
exit $found
