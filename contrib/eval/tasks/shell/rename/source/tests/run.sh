#!/bin/sh
failed=0
program=$PWD/rename.sh
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
check() { [ "$2" = "$3" ] || { echo "$1: '$2', not '$3'"; failed=1; }; }
cd "$room" || exit 1

sh "$program" txt md 2>errors
check "nothing to do" $? 0
check "nothing to say" "$(cat errors)" ""
rm errors
echo 1 >notes.v1.txt; echo 2 >"two words.txt"; echo 3 >-n.txt; echo 4 >other.doc
sh "$program" txt md
check "code" $? 0
check "names" "$(ls | LC_ALL=C sort | tr '\n' ' ')" "-n.md notes.v1.md other.doc two words.md "
echo 5 >other.md
sh "$program" doc md 2>/dev/null
check "refused" $? 1
check "kept" "$(cat other.md other.doc | tr '\n' ' ')" "5 4 "
exit $failed
