#!/bin/sh
# minutes.sh HH:MM: prints how many minutes of the day have passed.
case $1 in
[0-2][0-9]:[0-5][0-9]) ;;
*) echo "not a time: $1" >&2; exit 2 ;;
esac
hours=${1%%:*}
minutes=${1#*:}
echo $((hours * 60 + minutes))
