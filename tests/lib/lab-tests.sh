# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The tests of the lab: which scripts run on which kernel, and which share a guest. tests/all lists
# them, run-group runs them.

readonly LAB_STOCK_KERNELS=(6.1 6.12)
readonly LAB_BATCH_SECONDS=330 # what one guest runs at most, by the times of the last run
readonly LAB_LOST=125          # the status of a script whose guest has ended

# --- listing, for tests/all ---

# lab_kernels_that STATE LIST: prints the kernels in this state, from the list of tests/lab/run.
lab_kernels_that() { sed -n "s/^  \([^ ]*\) .*($1[^()]*)\$/\1/p" <<<"$2" | xargs; }

lab_list() {
    local script part list
    list=$("$top/tests/lab/run" --list)
    lab_unbuilt=$(lab_kernels_that 'not built' "$list")
    lab_unfetched=$(lab_kernels_that 'not cached' "$list")
    declare -gA lab_batches=()
    for script in "$top"/tests/lab/scripts/*; do
        [[ ! -f $script || ! -x $script ]] || lab_list_script "$script"
    done
    lab_list_batches
    for part in $("$top/tests/lab/selftest" --help | sed -n 's/^Parts: //p'); do
        [[ ! $part =~ ^(places|stall|topologies)$ ]] || is_wanted "lab/selftest/$part" || continue
        add_group "lab/selftest/$part" lab_selftest "$part"
        add_needs "lab/selftest/$part" build-gcc kernel-6.1 kernel-6.12
    done
}

# Reads the "# lab:" line of a script into own_kernel, alone, options (all else), needs, and what
# matters to the guest of a batch: shared (those options that all of its scripts must want) and
# memory, in MiB. In a batch --timeout and --no-daemon count for the script alone.
lab_script_options() {
    local words=() i
    own_kernel='' alone=no options=() shared=() memory=0 needs=(build-gcc)
    read -ra words <<<"$(sed -n 's/^# waits for: //p' "$1")"
    needs+=("${words[@]}")
    read -ra words <<<"$(sed -n 's/^# lab: //p' "$1" | head -n 1)"
    for (( i = 0; i < ${#words[@]}; i++ )); do
        case ${words[i]} in
            --alone) alone=yes ;;
            --kernel) own_kernel=${words[i + 1]}; i=$(( i + 1 )) ;;
            --timeout) options+=("${words[@]:i:2}"); i=$(( i + 1 )) ;;
            --memory)
                options+=("${words[@]:i:2}")
                i=$(( i + 1 ))
                memory=$(lab_mebibytes "${words[i]}") ;;
            --no-daemon) options+=("${words[i]}") ;;
            --arch|--with)
                alone=yes
                options+=("${words[i]}")
                needs+=("${words[i]#--}-${words[i + 1]}") ;;
            --init) alone=yes; options+=("${words[i]}") ;;
            *) options+=("${words[i]}") shared+=("${words[i]}") ;;
        esac
    done
}

# lab_mebibytes SIZE: prints a size such as 3072M, 3072 or 3G in MiB.
lab_mebibytes() {
    local number=${1%[MG]}
    [[ $1 != *G ]] || number=$(( number * 1024 ))
    printf '%d\n' "$number"
}

# One of the two stock kernels for each script, by its name, so that each kernel gets half.
lab_pick_kernel() {
    local sum
    sum=$(cksum <<<"$1")
    printf '%s\n' "${LAB_STOCK_KERNELS[${sum%% *} % 2]}"
}

lab_list_script() {
    local script=$1 name=${1##*/} options shared memory own_kernel alone needs on kernel
    lab_script_options "$script"
    ! grep -q '^# runs with: --full' "$script" || is_wanted "lab/$name/$own_kernel" || return 0
    if [[ " ${options[*]} " == *' --arch '* ]]; then
        (( ! ${#kernels[@]} )) || return 0
        add_group "lab/$name" lab_single "lab/$name" "$script"
        add_needs "lab/$name" "${needs[@]}"
        return
    fi
    if [[ $own_kernel && $own_kernel != both ]]; then
        (( ! ${#kernels[@]} )) || return 0
        on=("$own_kernel")
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
            add_needs "lab/$name/$kernel" "${needs[@]}" "kernel-$kernel"
        else
            lab_batches["$kernel ${shared[*]}"]+=" $name"
        fi
    done
}

# Cuts each batch into guests of about the same length.
lab_list_batches() {
    local key kernel name seconds sum names
    for key in "${!lab_batches[@]}"; do
        kernel=${key%% *} sum=0 names=()
        for name in ${lab_batches[$key]}; do
            seconds=${seconds_of[lab/$name/$kernel]:-${usual_seconds[lab]}}
            seconds=${seconds%.*}
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
    local kernel=${1%% *} words=() all_needs=() file name most=0
    local options shared memory own_kernel alone needs
    read -ra words <<<"${1#* }"
    shift
    for name; do
        lab_script_options "$top/tests/lab/scripts/$name"
        all_needs+=("${needs[@]}")
        (( memory <= most )) || most=$memory
    done
    (( ! most )) || words+=(--memory "${most}M")
    add_group "lab/$1/$kernel" lab_batch "$kernel" "${words[@]}"
    add_needs "lab/$1/$kernel" "${all_needs[@]}" "kernel-$kernel"
    file=$(group_file "lab/$1/$kernel")
    for name; do printf 'lab/%s/%s\n' "$name" "$kernel"; done >"$file.tests"
}

# --- running, for run-group ---

# lab_booted SECONDS: the time of a guest without its scripts.
lab_booted() { printf '%s %s\n' "${group##*/}" "$1" >>"$DEVGROUPS_RESULTS.boots"; }

# difference A B: prints A - B, in seconds with one digit.
difference() { awk -v a="$1" -v b="$2" 'BEGIN { printf("%.1f\n", a - b > 0 ? a - b : 0) }'; }

# lab_single NAME SCRIPT [KERNEL]: a guest of its own.
lab_single() {
    local name=$1 options shared memory own_kernel alone needs
    local status=0 began=$EPOCHREALTIME all script
    lab_script_options "$2"
    [[ ! ${3:-} ]] || options+=(--kernel "$3")
    "$top/tests/lab/run" --times "${options[@]}" "$2" >"$log" 2>&1 </dev/null ||
        status=$?
    all=$(seconds_since "$began")
    # The script's own time: from "lab:  12.34 s  started  (...)" to "ended". A guest without these
    # lines did not get so far: all of its time is that of the test.
    script=$(awk '$1 == "lab:" && $3 == "s" && $5 ~ /^\(/ { at[$4] = $2 }
        END { if (("started" in at) && ("ended" in at)) print at["ended"] - at["started"] }' "$log")
    lab_booted "$(difference "$all" "${script:-$all}")"
    report "$name" "$status" "$(difference "${script:-$all}" 0)" "$log"
}

# lab_batch KERNEL OPTION...: the tests of this group, one after another in one guest.
lab_batch() {
    local kernel=$1 options=("${@:2}") name scripts=()
    while IFS= read -r name; do
        name=${name#lab/}
        scripts+=("$top/tests/lab/scripts/${name%%/*}")
    done <"$group.tests"
    if (( ${#scripts[@]} == 1 )); then
        lab_single "lab/${scripts[0]##*/}/$kernel" "${scripts[0]}" "$kernel"
    else
        lab_several
    fi
}

# The scripts of a batch, of lab_batch.
lab_several() {
    local logs status seconds name began=$EPOCHREALTIME sum=0 end=0
    logs=$(mktemp -d "$DEVGROUPS_GROUPS/lab.XXXXXX")
    while read -r status seconds name; do
        case $status in
            end) end=$seconds ;;
            [0-9]*)
                touch "$logs/$name"
                report "lab/$name/$kernel" "$status" "$seconds" "$logs/$name"
                sum=$(awk -v a="$sum" -v b="$seconds" 'BEGIN { print a + b }')
                : >"$logs/.$name.done" ;;
            *) printf '%s %s %s\n' "$status" "$seconds" "$name" >&2 ;;
        esac
    done < <(
        status=0
        "$top/tests/lab/run" --kernel "$kernel" "${options[@]}" --logs "$logs" "${scripts[@]}" \
            2>"$logs/.err" </dev/null || status=$?
        printf 'end %d\n' "$status"
    )
    lab_booted "$(difference "$(seconds_since "$began")" "$sum")"
    for name in "${scripts[@]##*/}"; do
        [[ -e $logs/.$name.done ]] || lab_without_result "$name" "$end"
    done
    rm -rf "$logs"
}

# lab_without_result NAME STATUS: a script whose guest could not be had, or ended before it.
lab_without_result() {
    local name=$1 status=$2
    if (( status != SKIPPED )); then
        printf 'lab: the guest ended with status %d before this script\n' "$status" >>"$logs/.err"
        status=$LAB_LOST
    fi
    report "lab/$name/$kernel" "$status" 0 "$logs/.err"
}

# The lab's own test. It is not run again where it has passed with the same lab.
lab_selftest() {
    unless_stamped "lab/selftest/$1" "$(lab_checksum)" "$top/tests/lab/selftest" "$1"
}

# Prints a checksum of the lab without the scripts that run in it.
lab_checksum() {
    (
        cd "$top/tests/lab" || exit
        find . -type f ! -path './scripts/*' ! -path './long/*' ! -name '*.pyc' -print0 |
            LC_ALL=C sort -z | xargs -0 sha256sum
    )
}
