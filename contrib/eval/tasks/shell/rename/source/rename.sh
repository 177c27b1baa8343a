#!/bin/sh
# rename.sh OLD NEW: gives the files here that end in .OLD the ending .NEW; never overwrites.
for file in *.$1; do
    mv "$file" "${file%%.*}.$2"
done
