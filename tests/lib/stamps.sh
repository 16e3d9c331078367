# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Tests that are not run again. The result of some tests depends on a few files alone. Such a test
# has a stamp in the cache when it has passed, under a checksum of these files. A test that is named
# on the command line always runs.

# unless_stamped NAME INPUTS COMMAND...: runs the test unless it has passed with the same inputs,
# which are any text.
unless_stamped() {
    local name=$1 sum stamp
    sum=$(sha256sum <<<"$2")
    stamp=$cache/stamps/${name//\//-}-${sum:0:16}
    shift 2
    if [[ -e $stamp && $DEVGROUPS_NAMED == no ]]; then
        touch "$stamp"
        report_unchanged "$name"
        return
    fi
    test_as "$name" "$@" || return 0
    mkdir -p "${stamp%/*}"
    : >"$stamp"
    # Forgets old inputs.
    find "${stamp%/*}" -type f -mtime +30 -delete
}

# inputs_of CHECK: prints all that the result of a check depends on, from its "# inputs:" lines.
# A word is a path of the tree, "shell:PATH" for the shell scripts below it, "program:NAME", or
# "cache:PATTERN" for the names of files in the cache. A check without such a line prints nothing.
inputs_of() {
    local words=() word
    read -ra words <<<"$(sed -n '/^#/!q; s/^# inputs: //p' "$1" | xargs)"
    (( ${#words[@]} )) || return 0
    sha256sum "$1"
    for word in "${words[@]}"; do
        case $word in
            program:*) sha256sum "$(command -v "${word#*:}" || printf /dev/null)" ;;
            cache:*) (cd "$cache" && compgen -G "${word#*:}") || printf 'no %s\n' "$word" ;;
            shell:*) (cd "$top" && grep -rlIE '^#!.*sh( |$)|^# shellcheck ' "${word#*:}" |
                LC_ALL=C sort | xargs -r sha256sum) ;;
            *) (cd "$top" && find "$word" -type f ! -name '*.pyc' -print0 |
                LC_ALL=C sort -z | xargs -0 sha256sum) ;;
        esac
    done
}
