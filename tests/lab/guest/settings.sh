# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034
# This run's settings, as the host wrote them.
setting() { local value=''; [[ ! -e /run/lab/set/$1 ]] || IFS= read -r -d '' value <"/run/lab/set/$1" || :; printf -v "$1" '%s' "$value"; }
setting init
setting daemon
setting cwd
setting script_dir
setting slowness
