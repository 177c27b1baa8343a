#!/bin/sh
failed=0
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
check() { [ "$2" = "$3" ] || { echo "$1: '$2', not '$3'"; failed=1; }; }

mkdir "$room/my files" "$room/my files/folder"
for name in plain 'two words' .hidden '*' "it's"; do
    echo "$name" >"$room/my files/$name"
done
check "count" "$(sh backup.sh "$room/my files" "$room/the copy")" 5
check "copies" "$(cat "$room/the copy/plain" "$room/the copy/two words" "$room/the copy/.hidden")" "plain
two words
.hidden"
check "names" "$(ls -A "$room/the copy" | wc -l | tr -d ' ')" 5
mkdir "$room/empty"
check "nothing" "$(sh backup.sh "$room/empty" "$room/none")" 0
exit $failed
