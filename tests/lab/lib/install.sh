# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Installs the project with `make install` into a directory that becomes a layer of the guest's
# root. Each content has a directory of its own, so an install never changes the files of a run that
# has started.

# Sets project to the directory of the layer, or to nothing if nothing is built. Sets project_lock
# to an open descriptor that protects the directory from project_clean.
project_install() {
    local build=${DEVGROUPS_BUILD:-$top/build/default} lock last began
    project='' project_lock=''
    mkdir -p "$work/project"
    exec {lock}>"$work/project.lock"
    flock "$lock"
    # The directory of the last install, with the time before it began; and the time of its end.
    last=$work/project/last-${build//\//%}
    if project_is_current "$last" "$build"; then
        project=$(<"$last")
        exec {project_lock}>"$project.lock"
        flock -s "$project_lock"
    else
        began=${EPOCHREALTIME/,/.}
        rm -f "$last"
        project_make "$build"
        if [[ $project ]]; then
            : >"$last.end"
            printf '%s\n' "$project" >"$last"
            touch -d "@$began" "$last"
        fi
    fi
    exec {lock}>&-
}

# project_is_current LAST BUILD: whether nothing in the tree has changed since the last install
# began, and nothing in the build since it ended.
project_is_current() {
    [[ -e $1 && -d $(<"$1") && -d $2 ]] || return 1
    [[ ! $(find "$top" \( -path "$top/build" -o -path "$top/.git" -o -name __pycache__ \) -prune \
        -o ! -path "$top" -newer "$1" -print -quit) ]] || return 1
    [[ ! $(find "$2" -maxdepth 1 ! -type d -newer "$1.end" -print -quit) ]]
}

# Builds, installs, and sets project and project_lock.
project_make() {
    local build=$1 build_lock stage sum log=$work/project.log
    # Brings the default tree up to date with tests/build. A tree that the caller chose stays as it
    # is.
    if [[ ! ${DEVGROUPS_BUILD:-} && -x $top/tests/build ]]; then
        "$top/tests/build" >"$log" 2>&1 {lock}>&- </dev/null || {
            tail -n 30 "$log" >&2
            fail "tests/build failed, the whole log is $log"
        }
    fi
    if [[ ! -f $build/Makefile ]]; then
        say "warning: nothing is built in $build, the guest runs without the project"
        return
    fi
    stage=$work/project/stage
    rm -rf "$stage"
    mkdir -p "$stage"
    # Takes the lock of tests/build, so that two makes never run in one tree.
    exec {build_lock}>"$build.lock"
    flock "$build_lock"
    (umask 022; make -C "$build" -s install DESTDIR="$stage") \
        >"$log" 2>&1 </dev/null {lock}>&- {build_lock}>&- || {
        tail -n 30 "$log" >&2
        fail "make install failed, the whole log is $log"
    }
    exec {build_lock}>&-
    project_usrmerge "$stage"
    sum=$(cd "$stage" && { find . -printf '%P %y %m %l\n'; find . -type f -exec sha256sum {} +; } |
        LC_ALL=C sort | sha256sum)
    project=$work/project/${sum%% *}
    exec {project_lock}>"$project.lock"
    flock -s "$project_lock"
    if [[ -d $project ]]; then
        rm -rf "$stage"
    else
        mv -T "$stage" "$project"
    fi
    project_clean
}

# Moves directories such as /lib below /usr. In a layer they would hide the link /lib -> usr/lib of
# the machine's root, and all files below it.
project_usrmerge() {
    local name
    for name in bin sbin lib lib32 lib64; do
        [[ -d $1/$name && ! -L $1/$name && -L /$name ]] || continue
        mkdir -p "$1/usr/$name"
        cp -a "$1/$name/." "$1/usr/$name/"
        rm -rf "${1:?}/$name"
    done
}

# Removes old installs that no run uses.
project_clean() {
    local old
    for old in "$work"/project/*.lock; do
        [[ -e $old && ${old%.lock} != "$project" ]] || continue
        if flock -n "$old" true; then
            rm -rf "${old%.lock}" "$old"
        fi
    done
}
