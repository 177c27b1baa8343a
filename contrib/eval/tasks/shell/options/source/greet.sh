#!/bin/sh
# greet.sh [-l] [-n NAME] WORD...
name=you loud=no
while getopts nl option; do
    case $option in
    n) name=$OPTARG ;;
    l) loud=yes ;;
    esac
done
text="$*, $name"
if [ "$loud" = yes ]; then
    text=$(printf '%s!' "$text" | tr '[:lower:]' '[:upper:]')
fi
printf '%s\n' "$text"
