#!/usr/bin/env bash
# Runs fuzz targets one after the other for FUZZTIME (default 30s) each, and stops at the first that finds something. FUZZ, a regular expression over
# "folder target", picks some of them; FUZZPARALLEL is how many workers each has, FUZZMINIMIZE (default 5s) how long one input may be made smaller. With FUZZREPORT each run's line is written into that document
# (docs/fuzzing.md), and inputs of every size that reached something new are kept in the package's testdata/fuzz, where plain `go test` runs them.
set -euo pipefail
cd "$(dirname "$0")/.."
go=${GO:-go} time=${FUZZTIME:-30s} report=${FUZZREPORT:-} keep=${FUZZKEEP:-30}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

targets() {
	grep -ro --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' . | sed -E 's|^(.*)/[^/]*_test\.go:func (.*)$|\1 \2|' | LC_ALL=C sort -u | grep -E -- "${FUZZ:-.}"
}

# keep_inputs DIR TARGET fills up to FUZZKEEP: those that are there stay.
keep_inputs() {
	local from to name all room
	from=$("$go" env GOCACHE)/fuzz/$("$go" list "$1")/$2
	to=$1/testdata/fuzz/$2
	[ -d "$from" ] || return 0
	mkdir -p "$to"
	room=$((keep - $(find "$to" -type f | wc -l)))
	all=$(find "$from" -type f -size -8 | wc -l)
	find "$from" -type f -size -8 -printf '%s %p\n' | sort -n | cut -d' ' -f2- |
		awk -v all="$all" -v room="$room" 'int(NR * room / all) > int((NR - 1) * room / all)' | while read -r name; do
		cp -n "$name" "$to/"
	done
	rmdir --ignore-fail-on-non-empty "$to"
}

# write_line DIR TARGET SECONDS OUTCOME takes the place of the target's last line.
write_line() {
	local execs line
	execs=$(grep -o 'execs: [0-9]*' "$log" | tail -1 | cut -d' ' -f2 || true)
	line="| ${1#./} | $2 | $(date -u +%F) | $3 s | ${execs:-0} | $(find "$1/testdata/fuzz/$2" -type f 2>/dev/null | wc -l) | $4 |"
	{
		sed '/^| --- |/q' "$report"
		{ sed '1,/^| --- |/d' "$report" | grep -vF "| ${1#./} | $2 |" || true; echo "$line"; } | LC_ALL=C sort
	} >"$log.new"
	cat "$log.new" >"$report"
	rm -f "$log.new"
}

targets | while read -r dir target; do
	echo "== $dir $target"
	began=$SECONDS outcome=clean
	"$go" test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime "${FUZZMINIMIZE:-5s}" ${FUZZPARALLEL:+-parallel "$FUZZPARALLEL"} "$dir" </dev/null 2>&1 | tee "$log" || outcome=found
	if [ -n "$report" ]; then
		[ "$outcome" = found ] || keep_inputs "$dir" "$target"
		write_line "$dir" "$target" "$((SECONDS - began))" "$outcome"
	fi
	[ "$outcome" = clean ]
done
