# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Functions of tests/build, tests/all and tests/demo. They set `top`; `me` is the name in messages.

: "${top:?}" "${me:=${0##*/}}"

say() { printf '%s: %s\n' "$me" "$*" >&2; }
fail() { say "$*"; exit 1; }
usage_error() { say "$* (try --help)"; exit 2; }

# shellcheck source=../lab/lib/packages.sh
source "$top/tests/lab/lib/packages.sh"

# install_packages PROGRAM=PACKAGE...: installs the packages whose PROGRAM, a command or a file, is
# missing. Uses sudo without root. On a system other than Debian it fails with a list of the missing
# programs.
install_packages() {
    local pair missing=()
    for pair; do
        [[ -e ${pair%%=*} ]] || command -v "${pair%%=*}" >/dev/null || missing+=("$pair")
    done
    (( ${#missing[@]} )) || return 0
    if ! command -v apt-get >/dev/null; then
        fail "these programs are missing: ${missing[*]%%=*}. Install the packages that have them."
    elif [[ $EUID == 0 ]]; then
        need_packages "${missing[@]}"
    elif command -v sudo >/dev/null; then
        say "installing packages needs root, asking sudo"
        sudo "$BASH" -c 'set -euo pipefail
            top=$1 me=$2
            source "$1/tests/lib/common.sh"
            need_packages "${@:3}"' "$BASH" "$top" "$me" "${missing[@]}" ||
            fail "cannot install ${missing[*]#*=}"
    else
        fail "these Debian packages are missing: ${missing[*]#*=}. Install them as root."
    fi
}

# Compiles with ccache, where it is installed: its directory holds links with the names of the
# compilers. With RELATIVE_PATHS for ./configure the objects of two clones are the same.
use_ccache() {
    [[ ! -d /usr/lib/ccache ]] || PATH=/usr/lib/ccache:$PATH
    export PATH CCACHE_BASEDIR=$top
}
readonly RELATIVE_PATHS=CPPFLAGS=-fdebug-prefix-map=$top=.

# seconds_since T: prints the seconds since T of $EPOCHREALTIME, such as "1.3".
seconds_since() {
    local now=${EPOCHREALTIME/[.,]/} then=${1/[.,]/}
    local tenths=$(( (now - then) / 100000 ))
    printf '%d.%d\n' $(( tenths / 10 )) $(( tenths % 10 ))
}
