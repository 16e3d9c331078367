# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Guest kernels. A file kernels/NAME is sourced and sets:
#   description   one line for --list
#   kernel_fill DIR   puts into DIR: kernel (for QEMU's -kernel), release (one line, the `uname -r`)
#                     and usr/lib/modules/RELEASE with modules.dep
#   arch          (optional) amd64; another one needs an emulator entry in lib/emulator.sh
#   built         (optional) yes: the lab builds it, which takes minutes and may be impossible
#   slowness      (optional) factor for the lab's own deadlines, for debug kernels
#   suite         (of one that is not built) where its headers are
#   kernel_cached DIR   (optional) returns whether the kernel in the cache is up to date

kernel_names() {
    local file
    for file in "$lab/kernels"/*; do
        printf '%s\n' "${file##*/}"
    done
}

# kernel_load NAME: sets description, arch, slowness and the functions of the kernel in the calling
# shell.
kernel_load() {
    [[ $1 != */* && -f $lab/kernels/$1 ]] || return 1
    description='' arch=amd64 slowness=1 built=no suite=''
    kernel_cached() { :; }
    # shellcheck disable=SC1090
    source "$lab/kernels/$1"
}

# "plain" is the state of the modules of a fetched kernel (host/plain-modules.py).
kernel_dir() {
    local state=-plain
    [[ $built == no ]] || state=''
    printf '%s\n' "$cache/kernels/$1$state"
}

# Prints "cached, RELEASE" or "built, RELEASE", or "not ..." if the kernel is missing. tests/all
# reads it.
kernel_state() {
    local dir word=cached
    dir=$(kernel_dir "$1")
    [[ $built == no ]] || word=built
    if [[ -d $dir ]] && kernel_cached "$dir"; then
        printf '%s, %s\n' "$word" "$(<"$dir/release")"
    else
        printf 'not %s\n' "$word"
    fi
}

# debian_kernel DIR SUITE PACKAGE, for files in kernels/: fetches the kernel that a meta package of
# a Debian suite names.
debian_kernel() {
    local dir=$1 suite=$2 package=$3 image release
    unpack_packages "$dir" "$suite" "meta:$package" || return 1
    # on POWER the image is no zImage, and has another name
    image=$(echo "$dir"/boot/vmlinu[xz]-*)
    [[ -f $image ]] || return 1
    release=${image##*/vmlinu[xz]-}
    if [[ $arch != amd64 ]]; then
        cp "$image" "$dir/kernel"
    elif ! /usr/bin/python3 -I "$lab/host/unpack-kernel.py" "$image" "$dir/kernel"; then
        # A packed kernel boots as well, but more slowly.
        cp "$image" "$dir/kernel"
    fi
    printf '%s\n' "$release" >"$dir/release"
    # Debian's packages still ship /lib/modules. The machine's /lib is a link, which a directory in
    # a higher layer would hide.
    if [[ -d $dir/lib/modules ]]; then
        mkdir -p "$dir/usr/lib"
        mv "$dir/lib/modules" "$dir/usr/lib/modules"
        rmdir "$dir/lib"
    fi
    /usr/bin/python3 -I "$lab/host/plain-modules.py" "$dir/usr/lib/modules/$release" || return 1
    depmod --basedir "$dir/usr" "$release" || return 1
    rm -rf "${dir:?}/usr/share" "$dir/boot"/{System.map,vmlinu[xz]}-*
}


# kernel_need NAME: makes sure that the kernel, which is loaded already, is in the cache.
kernel_need() {
    local dir status=0
    dir=$(kernel_dir "$1")
    if [[ -d $dir ]] && ! kernel_cached "$dir"; then
        mv -T "$dir" "$dir.old.$$" && rm -rf "$dir.old.$$"
    fi
    if [[ $built == yes ]]; then
        [[ -d $dir ]] || say "building kernel $1, once; this takes some minutes"
    else
        [[ -d $dir ]] || say "fetching kernel $1, once"
    fi
    apt_arch=${debian_arch:-} fill_once "$dir" kernel_fill || status=$?
    (( status != LAB_EXIT_SKIPPED )) || exit "$status"
    (( ! status )) || fail "cannot get kernel $1"
}
