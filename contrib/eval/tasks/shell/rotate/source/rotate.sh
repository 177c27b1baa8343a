#!/bin/sh
# rotate.sh LOG: LOG becomes LOG.1, LOG.1 becomes LOG.2, up to LOG.3; then LOG is empty.
[ -f "$1" ] && cp "$1" "$1.1"
for number in 1 2 3; do
    [ -f "$1.$number" ] && cp "$1.$number" "$1.$((number + 1))"
done
: >"$1"
