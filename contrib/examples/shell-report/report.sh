#!/bin/sh
# Reports on every log in logs/: how many requests, which paths, which errors.
set -eu
cd "$(dirname "$0")"
output=${OUTPUT:-/workspace/output}
. lib/log.sh

{
    echo "# Requests"
    echo
    for log in logs/*.log; do
        echo "- $(basename "$log" .log): $(requests "$log") requests, $(failures "$log") failed, $(megabytes "$log") MB sent"
    done
    echo
    echo "## Most asked for"
    echo
    cat logs/*.log | by_path | head -n 5 | awk -F, '{ printf "%d. %s (%d)\n", NR, $2, $1 }'
} >"$output/report.md"

cat logs/*.log | by_path >"$output/by-path.csv"
cat "$output/report.md"
