#!/bin/sh
failed=0
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
check() { [ "$2" = "$3" ] || { echo "$1: '$2', not '$3'"; failed=1; }; }

log="$room/web log"
for night in 1 2 3 4 5; do
    echo "$night" >"$log"
    sh rotate.sh "$log" || { echo "ended with $?"; failed=1; }
    [ "$night" != 1 ] || check "first night" "$(ls "$room" | tr '\n' ' ')" "web log web log.1 "
done
check "order" "$(cat "$log.1" "$log.2" "$log.3" | tr '\n' ' ')" "5 4 3 "
check "files" "$(ls "$room" | wc -l | tr -d ' ')" 4
check "new log" "$(cat "$log")" ""
exit $failed
