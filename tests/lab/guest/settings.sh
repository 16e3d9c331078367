# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034
# The settings of this run, which the host has written.
setting() {
    local value=''
    [[ ! -e /run/lab/set/$1 ]] || IFS= read -r -d '' value <"/run/lab/set/$1" || :
    printf -v "$1" '%s' "$value"
}
setting init
setting daemon
setting cwd
setting graft
setting slowness
