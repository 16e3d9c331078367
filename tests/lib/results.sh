# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The results of this run and of earlier ones. $DEVGROUPS_RESULTS has a line "NAME STATUS SECONDS"
# for each test; the status "unchanged" is that of a test that was not run again.
# $DEVGROUPS_RESULTS.boots has a line "GROUP SECONDS" for the time of a guest without its scripts.
# The seconds of all tests stay in the cache for every tree of this user, their status in the build
# directory for `--failed` in this tree.

# Reads what is known of earlier runs into seconds_of and status_of.
# shellcheck disable=SC2034 # groups.sh reads them
results_load() {
    local name status seconds
    declare -gA seconds_of=() status_of=()
    while read -r name seconds; do seconds_of[$name]=$seconds; done <"$times"
    while read -r name status; do status_of[$name]=$status; done <"$statuses"
}

# merge OLD NEW: prints the lines of both files; for a name that both have, the one of NEW.
merge() {
    awk 'NR == FNR { latest[$1] = $0; next }
        !($1 in latest)
        END { for (name in latest) print latest[name] }' "$2" "$1"
}

# Keeps the results. A test that did not run has not shown how long it takes.
results_keep() {
    awk '$2 != "skipped" && $2 != "unchanged" { print $1, $3 }' "$DEVGROUPS_RESULTS" >"$run/times"
    awk '{ print $1, $2 == "unchanged" ? "passed" : $2 }' "$DEVGROUPS_RESULTS" >"$run/statuses"
    merge "$times" "$run/times" >"$times.$$" && mv "$times.$$" "$times"
    merge "$statuses" "$run/statuses" >"$statuses.$$" && mv "$statuses.$$" "$statuses"
}

count() { awk -v status="$1" '$2 == status' "$DEVGROUPS_RESULTS" | wc -l; }

# Prints the seconds of each kind of test. A guest's boot is no part of its scripts.
print_kinds() {
    {
        awk '$2 != "unchanged" {
            split($1, part, "/"); kind = part[1]
            if (kind == "distcheck") kind = "check"
            if (kind == "lab") kind = part[2] == "selftest" ? "lab selftest" : "lab scripts"
            print $3, kind
        }' "$DEVGROUPS_RESULTS"
        awk '{ print $2, "lab boots" }' "$DEVGROUPS_RESULTS.boots"
    } | awk '{ seconds = $1; sub(/^[^ ]* /, ""); sum[$0] += seconds; number[$0]++ }
        END { for (kind in sum) printf "%9.1f s  %s (%d)\n", sum[kind], kind, number[kind] }' |
        sort -rn
}

# Prints each reason for which tests were skipped, with the number of tests.
print_skipped() {
    sort "$DEVGROUPS_RESULTS.skipped" | uniq -c | sort -rn | awk '
        { number = $1; sub(/^ *[0-9]+ /, ""); printf "%5d skipped: %s\n", number, $0 }'
}

# Prints the names of the tests that were not run again.
print_unchanged() {
    local names
    names=$(awk '$2 == "unchanged" { print $1 }' "$DEVGROUPS_RESULTS" | sort | xargs)
    [[ ! $names ]] || printf 'not run again, passed here with the same files: %s\n' "$names"
}

print_summary() {
    local failed
    failed=$(count failed)
    printf 'the ten slowest:\n'
    # head would end before it has read all, sort then by SIGPIPE, and with it the run.
    awk '$2 != "unchanged"' "$DEVGROUPS_RESULTS" | sort -k 3,3rn |
        awk 'NR <= 10 { printf "%9.1f s  %s\n", $3, $1 }'
    printf 'time by kind:\n'
    print_kinds
    print_skipped
    print_unchanged
    if [[ -s $DEVGROUPS_RESULTS.coverage ]]; then
        printf 'lines that unit and integration tests reach:\n'
        cat "$DEVGROUPS_RESULTS.coverage"
    fi
    (( ! failed )) ||
        printf 'failed: %s\n' "$(awk '$2 == "failed" { print $1 }' "$DEVGROUPS_RESULTS" | xargs)"
    printf 'took %s s\n' "$(seconds_since "$started")"
    printf '%d passed, %d failed, %d skipped\n' "$(count passed)" "$failed" "$(count skipped)"
}
