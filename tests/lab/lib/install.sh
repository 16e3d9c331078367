# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The project as `make install` lays it out, in a directory of its own that becomes a layer of the guest's root.
# Each content gets a directory of its own, so that an install during somebody's run never changes the files under that run.

# Sets project to the directory to stack and project_lock to an open descriptor that keeps it from being cleaned away; project is
# empty where there is nothing to install yet.
project_install() {
    local build=${DEVGROUPS_BUILD:-$top/build/default} lock build_lock stage sum log
    project='' project_lock=''
    mkdir -p "$work/project"
    exec {lock}>"$work/project.lock"
    flock "$lock"
    log=$work/project.log
    # The usual tree is brought up to date the way everybody does it; one that the caller chose is the caller's.
    if [[ ! ${DEVGROUPS_BUILD:-} && -x $top/tests/build ]]; then
        "$top/tests/build" >"$log" 2>&1 {lock}>&- </dev/null || { tail -n 30 "$log" >&2; fail "tests/build failed, the whole log is $log"; }
    fi
    if [[ ! -f $build/Makefile ]]; then
        say "warning: nothing is built in $build, the guest runs without the project"
        exec {lock}>&-
        return
    fi
    stage=$work/project/stage
    rm -rf "$stage"
    mkdir -p "$stage"
    # The lock tests/build takes, so that no two makes meet in one tree.
    exec {build_lock}>"$build.lock"
    flock "$build_lock"
    (umask 022; make -C "$build" -s install DESTDIR="$stage") >"$log" 2>&1 </dev/null {lock}>&- {build_lock}>&- || {
        tail -n 30 "$log" >&2
        fail "make install failed, the whole log is $log"
    }
    exec {build_lock}>&-
    project_usrmerge "$stage"
    sum=$(cd "$stage" && { find . -printf '%P %y %m %l\n'; find . -type f -exec sha256sum {} +; } | LC_ALL=C sort | sha256sum)
    project=$work/project/${sum%% *}
    exec {project_lock}>"$project.lock"
    flock -s "$project_lock"
    if [[ -d $project ]]; then
        rm -rf "$stage"
    else
        mv -T "$stage" "$project"
    fi
    project_clean
    exec {lock}>&-
}

# A directory /lib in a layer would hide the link /lib -> usr/lib of the machine's root, and with it everything.
project_usrmerge() {
    local name
    for name in bin sbin lib lib32 lib64; do
        [[ -d $1/$name && ! -L $1/$name && -L /$name ]] || continue
        mkdir -p "$1/usr/$name"
        cp -a "$1/$name/." "$1/usr/$name/"
        rm -rf "${1:?}/$name"
    done
}

# Old installs that no run uses.
project_clean() {
    local old
    for old in "$work"/project/*.lock; do
        [[ -e $old && ${old%.lock} != "$project" ]] || continue
        if flock -n "$old" true; then
            rm -rf "${old%.lock}" "$old"
        fi
    done
}
