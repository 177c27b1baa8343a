#!/bin/sh
# backup.sh FROM TO: copies every regular file directly in FROM, and prints how many there were.
mkdir -p $2
count=0
for file in $(ls $1); do
    [ -f $1/$file ] || continue
    cp $1/$file $2
    count=$((count + 1))
done
echo $count
