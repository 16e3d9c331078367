# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The tests of the lab: which scripts run on which kernel, and which share a guest. tests/all lists
# them, run-group runs them.

readonly LAB_STOCK_KERNELS=(6.1 6.12)
readonly LAB_BATCH_SECONDS=240 # what one guest runs at most, by the times of the last run

# --- listing, for tests/all ---

# The lab's kernels whose state, in the list of tests/lab/run, matches the pattern.
lab_kernels_that() {
    "$top/tests/lab/run" --list | sed -n "s/^  \([^ ]*\) .*($1[^()]*)\$/\1/p"
}

lab_list() {
    local script part
    lab_unbuilt=" $(lab_kernels_that 'not built' | xargs) "
    declare -gA lab_batches=()
    for script in "$top"/tests/lab/scripts/*; do
        [[ ! -f $script || ! -x $script ]] || lab_list_script "$script"
    done
    lab_list_batches
    for part in $("$top/tests/lab/selftest" --help | sed -n 's/^Parts: //p'); do
        # These take minutes; only a change of the lab itself can break them.
        [[ $full == yes || ! $part =~ ^(places|stall|topologies)$ ]] || continue
        add_group "lab/selftest/$part" lab_selftest "$part"
    done
}

# Reads the "# lab:" line of a script into own_kernel, alone, limit (its --timeout) and options (all
# else).
lab_script_options() {
    local words=() i
    own_kernel='' alone=no limit=() options=()
    read -ra words <<<"$(sed -n 's/^# lab: //p' "$1" | head -n 1)"
    for (( i = 0; i < ${#words[@]}; i++ )); do
        case ${words[i]} in
            --alone) alone=yes ;;
            --kernel) own_kernel=${words[i + 1]}; i=$(( i + 1 )) ;;
            --timeout) limit=("${words[@]:i:2}"); i=$(( i + 1 )) ;;
            --arch|--init|--with) alone=yes; options+=("${words[i]}") ;;
            *) options+=("${words[i]}") ;;
        esac
    done
}

# One of the two stock kernels for each script, by its name, so that each kernel gets half.
lab_pick_kernel() {
    local sum
    sum=$(cksum <<<"$1")
    printf '%s\n' "${LAB_STOCK_KERNELS[${sum%% *} % 2]}"
}

lab_list_script() {
    local script=$1 name=${1##*/} options limit own_kernel alone on kernel
    lab_script_options "$script"
    if [[ " ${options[*]} " == *' --arch '* ]]; then
        [[ $full == no || ${#kernels[@]} -gt 0 ]] ||
            add_group "lab/$name" lab_single "lab/$name" "$script"
        return
    fi
    if [[ $own_kernel && $own_kernel != both ]]; then
        (( ! ${#kernels[@]} )) || return 0
        on=("$own_kernel")
        # Building a kernel takes minutes, so it begins first.
        if [[ $lab_unbuilt == *" $own_kernel "* ]]; then
            [[ $full == yes ]] || return 0
        fi
    elif (( ${#kernels[@]} )); then
        on=("${kernels[@]}")
    elif [[ $own_kernel == both || $both == yes ]]; then
        on=("${LAB_STOCK_KERNELS[@]}")
    else
        on=("$(lab_pick_kernel "$name")")
    fi
    for kernel in "${on[@]}"; do
        if [[ $alone == yes ]]; then
            add_group "lab/$name/$kernel" lab_single "lab/$name/$kernel" "$script" "$kernel"
        else
            lab_batches["$kernel ${options[*]}"]+=" $name"
        fi
    done
}

# The seconds that a test took the last time; 60 if there was none.
lab_known_seconds() {
    awk -v name="$1" '$1 == name { s = int($3) } END { print s ? s : 60 }' "$memory"
}

# Cuts each batch into guests of about the same length.
lab_list_batches() {
    local key kernel name seconds sum names
    for key in "${!lab_batches[@]}"; do
        kernel=${key%% *} sum=0 names=()
        for name in ${lab_batches[$key]}; do
            seconds=$(lab_known_seconds "lab/$name/$kernel")
            if (( ${#names[@]} && sum + seconds > LAB_BATCH_SECONDS )); then
                lab_add_batch "$key" "${names[@]}"
                sum=0 names=()
            fi
            sum=$(( sum + seconds ))
            names+=("$name")
        done
        lab_add_batch "$key" "${names[@]}"
    done
}

# lab_add_batch KERNEL-AND-OPTIONS SCRIPT...
lab_add_batch() {
    local kernel=${1%% *} options=() file name
    read -ra options <<<"${1#* }"
    shift
    add_group "lab/$1/$kernel" lab_batch "$kernel" "${#options[@]}" "${options[@]}"
    file=$DEVGROUPS_GROUPS/lab%$1%$kernel
    for name; do printf 'lab/%s/%s\n' "$name" "$kernel"; done >"$file.tests"
    [[ $lab_unbuilt != *" $kernel "* ]] || : >"$file.first"
}

# --- running, for run-group ---

# lab_single NAME SCRIPT [KERNEL]: a guest of its own.
lab_single() {
    local options limit own_kernel alone
    lab_script_options "$2"
    [[ ! ${3:-} ]] || options+=(--kernel "$3")
    test_as "$1" "$top/tests/lab/run" "${options[@]}" "${limit[@]}" "$2" || :
}

# lab_batch KERNEL COUNT OPTION...: the tests of this group, one after another in one guest.
lab_batch() {
    local kernel=$1 options=("${@:3:$2}") name scripts=() logs status seconds
    while IFS= read -r name; do
        name=${name#lab/}
        scripts+=("$top/tests/lab/scripts/${name%%/*}")
    done <"$group.tests"
    if (( ${#scripts[@]} == 1 )); then
        lab_single "lab/${scripts[0]##*/}/$kernel" "${scripts[0]}" "$kernel"
        return
    fi
    logs=$(mktemp -d "$DEVGROUPS_GROUPS/lab.XXXXXX")
    while read -r status seconds name; do
        [[ $status =~ ^[0-9]+$ ]] || { printf '%s\n' "$status $seconds $name" >&2; continue; }
        touch "$logs/$name"
        report "lab/$name/$kernel" "$status" "$seconds" "$logs/$name"
    done < <("$top/tests/lab/run" --kernel "$kernel" "${options[@]}" --logs "$logs" \
        "${scripts[@]}" 2>"$logs/.err" </dev/null || lab_skip_batch "$?" "${scripts[@]}")
    rm -rf "$logs"
}

# A guest that could not be had at all: every script has the status of tests/lab/run.
lab_skip_batch() {
    local status=$1 script
    shift
    (( status != 1 )) || return 0
    for script; do
        cp "$logs/.err" "$logs/${script##*/}"
        printf '%d 0 %s\n' "$status" "${script##*/}"
    done
}

# The lab's own test. It is not run again where it has passed with the same lab.
lab_selftest() {
    local part=$1 stamp
    stamp=${XDG_CACHE_HOME:-$HOME/.cache}/devgroups/stamps/selftest-$part-$(lab_checksum)
    if [[ -e $stamp ]]; then
        printf 'passed before on this machine, with the same tests/lab\n' >"$log"
        report "lab/selftest/$part" "$SKIPPED" 0 "$log"
        return
    fi
    if test_as "lab/selftest/$part" "$top/tests/lab/selftest" "$part"; then
        mkdir -p "${stamp%/*}"
        : >"$stamp"
    fi
}

# A checksum of the lab without the scripts that run in it.
lab_checksum() {
    (
        cd "$top/tests/lab" || exit
        find . -type f ! -path './scripts/*' ! -path './long/*' ! -name '*.pyc' -print0 |
            LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c 1-16
    )
}
