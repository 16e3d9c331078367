# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The names of all tests, and the order in which they run. A group of tests is what one program
# runs: a file in $DEVGROUPS_GROUPS that holds its command, named after its first test. Beside it
# lie NAME.tests, the names of its tests, and NAME.needs, what must be there before it runs.

# The seconds that a test is taken for until it has run once, by the first part of its name.
declare -A usual_seconds=([build]=60 [unit]=1 [integration]=3 [check]=5 [distcheck]=60
    [coverage]=90 [fuzz]=10 [lab]=60)
readonly LAB_BOOT_SECONDS=15
# A pattern without a file is no word.
shopt -s nullglob

# Prints the file of the group whose first test has this name.
group_file() { printf '%s\n' "$DEVGROUPS_GROUPS/${1//\//+}"; }

# add_group NAME COMMAND...: a group of one test. A caller may write more names into its list.
add_group() {
    local file=$DEVGROUPS_GROUPS/${1//\//+} name=$1
    shift
    printf '%s\0' "$@" >"$file"
    printf '%s\n' "$name" >"$file.tests"
}

# add_needs NAME NEED...: the group waits for each need, and its tests are skipped if that cannot
# be had. A need with "?" before it is waited for only.
add_needs() {
    local file=$DEVGROUPS_GROUPS/${1//\//+}
    shift
    printf '%s\n' "$@" >>"$file.needs"
}

list_builds_and_units() {
    local build test
    for build in gcc sanitizers clang; do
        add_group "build/$build" "build_$build"
        [[ $build != clang ]] || continue
        for test in "$top"/tests/unit/test-*.c; do
            test=${test##*/}
            printf 'unit/%s/%s\n' "$build" "${test%.c}"
        done >>"$DEVGROUPS_GROUPS/build+$build.tests"
    done
}

list_integration() {
    local test runner=$top/tests/integration/run
    [[ -x $runner ]] || return 0
    add_group integration run_integration
    add_needs integration build-gcc
    "$runner" --list | sed 's|^|integration/|' >"$DEVGROUPS_GROUPS/integration.tests"
}

list_checks() {
    local check name needs
    for check in "$top"/tests/check-*; do
        name=check/${check##*/check-}
        ! grep -q '^# runs with: --full' "$check" || is_wanted "$name" || continue
        add_group "$name" run_check "$check"
        ! grep -q top_builddir "$check" || add_needs "$name" build-gcc
        read -ra needs <<<"$(sed -n '/^#/!q; s/^# waits for: //p' "$check")"
        (( ! ${#needs[@]} )) || add_needs "$name" "${needs[@]/#/?}"
    done
    add_group distcheck distcheck
    add_needs distcheck build-gcc
}

list_coverage() {
    add_group coverage measure_coverage
    add_needs coverage build-gcc # which also makes configure
}

# Returns whether a test that takes long is wanted: with --full, and if its very name is given.
is_wanted() {
    local pattern
    [[ $full == no ]] || return 0
    for pattern in "${patterns[@]}"; do [[ $pattern != "$1" ]] || return 0; done
    return 1
}

list_fuzzers() {
    local runner=$top/tests/fuzz/run
    [[ -x $runner ]] || return 0
    add_group fuzz run_fuzzers
    "$runner" --list | sed 's|^|fuzz/|' >"$DEVGROUPS_GROUPS/fuzz.tests"
}

# --- the tests that are asked for ---
matches() {
    local name=$1 pattern
    (( ${#patterns[@]} )) || return 0
    for pattern in "${patterns[@]}"; do
        # shellcheck disable=SC2053 # a pattern is meant
        [[ $name != $pattern && $name != $pattern/* ]] || return 0
    done
    return 1
}

# Fails unless each pattern matches the name of a test.
require_matches() {
    local names pattern found name
    mapfile -t names < <(cat /dev/null "$DEVGROUPS_GROUPS"/*.tests)
    for pattern in "${patterns[@]}"; do
        found=no
        for name in "${names[@]}"; do
            # shellcheck disable=SC2053 # a pattern is meant
            [[ $name != $pattern && $name != $pattern/* ]] || { found=yes; break; }
        done
        [[ $found == yes ]] || usage_error "no test matches $pattern; --list prints all names"
    done
}

# Leaves in each group the tests that are asked for, and removes groups without any.
select_tests() {
    local file name
    for file in "$DEVGROUPS_GROUPS"/*.tests; do
        while IFS= read -r name; do
            matches "$name" || continue
            [[ $only_failed == no || ${status_of[$name]:-} == failed ]] || continue
            printf '%s\n' "$name"
        done <"$file" >"$file.selected"
        if [[ -s $file.selected ]]; then
            mv "$file.selected" "$file"
        else
            rm -f "$file" "$file.selected" "${file%.tests}" "${file%.tests}.needs"
        fi
    done
}

# Returns whether any group has this need.
is_needed() { grep -qxF -e "$1" -e "?$1" /dev/null "$DEVGROUPS_GROUPS"/*.needs; }

# Adds the groups that the selected ones wait for.
add_builders() {
    local build kernel
    for build in gcc sanitizers; do
        if is_needed "build-$build" && [[ ! -e $(group_file "build/$build") ]]; then
            add_group "build/$build" "build_$build"
        fi
    done
    for kernel in ${lab_unbuilt:-}; do
        ! is_needed "kernel-$kernel" || add_group "build/kernel-$kernel" build_kernel "$kernel"
    done
}

# --- their order ---
# Prints the seconds that the tests of a group took the last time.
group_seconds() {
    local name sum=0 seconds
    while IFS= read -r name; do
        seconds=${seconds_of[$name]:-${usual_seconds[${name%%/*}]}}
        sum=$(( sum + ${seconds%.*} + 1 ))
    done <"$1.tests"
    [[ $1 != */lab+* ]] || sum=$(( sum + LAB_BOOT_SECONDS ))
    printf '%d\n' "$sum"
}

# Prints the place of what a group waits for in the list of missing things; 0 if all is there.
group_wait() {
    local i need wait=0
    [[ -e $1.needs ]] || { printf '0\n'; return; }
    for i in "${!missing[@]}"; do
        need=${missing[i]}
        ! grep -qxF -e "$need" -e "?$need" "$1.needs" || wait=$(( i + 1 ))
    done
    printf '%d\n' "$wait"
}

# Prints the groups in the order of their start: the builds that others wait for; beside them what
# needs no build; then the longest first, and last what waits for something that is still missing.
# At the end short groups are left, so that all jobs end at about the same time.
groups_in_order() {
    local file base seconds class spare=${usual_seconds[build]}
    spare=${seconds_of[build/gcc]:-$spare}
    spare=${spare%.*}
    for file in "$DEVGROUPS_GROUPS"/*.tests; do
        base=${file%.tests}
        class=$(( 10 + $(group_wait "$base") ))
        case ${base##*/} in
            build+gcc) class=1 ;;
            build+kernel-*) class=0 ;;
        esac
        printf '%d %d %s\n' "$class" "$(group_seconds "$base")" "${base##*/}"
    done | sort -k 1,1n -k 2,2rn | while read -r class seconds base; do
        if (( class == 10 && spare > 0 )) && [[ -e $(group_file build/gcc) &&
            ! -e $DEVGROUPS_GROUPS/$base.needs && $base != build+* ]]; then
            spare=$(( spare - seconds )) class=2
        fi
        printf '%d %s\n' "$class" "$base"
    done | sort -s -k 1,1n | cut -d ' ' -f 2
}
