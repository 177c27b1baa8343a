# Reads logs whose lines are: time, method, path, status, bytes.

requests() { awk 'END { print NR }' "$1"; }

failures() { awk '$4 >= 500 { n++ } END { print n + 0 }' "$1"; }

megabytes() { awk '{ n += $5 } END { printf "%.1f", n / 1000000 }' "$1"; }

# stdin: a log. stdout: count,path; the most frequent first, equal ones by name.
by_path() { awk '{ n[$3]++ } END { for (path in n) print n[path] "," path }' | LC_ALL=C sort -t, -k1,1nr -k2,2; }
