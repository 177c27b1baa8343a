#!/bin/sh
failed=0
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
check() { [ "$2" = "$3" ] || { echo "$1: '$2', not '$3'"; failed=1; }; }

mkdir "$room/tmp"
printf 'b\na\n' >"$room/from"
TMPDIR="$room/tmp" sh sorted.sh "$room/from" "$room/to"
check "code" $? 0
check "sorted" "$(cat "$room/to")" "a
b"
TMPDIR="$room/tmp" sh sorted.sh "$room/missing" "$room/to" 2>/dev/null && { echo "no error"; failed=1; }
check "target after a failure" "$(cat "$room/to")" "a
b"
check "left behind" "$(ls -A "$room/tmp")" ""
exit $failed
