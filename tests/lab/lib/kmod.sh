# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Builds the kernel module against the headers of the guest's kernel. The headers come from the
# suite of the kernel, or from its build. Headers and module stay in the cache, the module under the
# checksum of its sources.

# kmod_unpack DIR RELEASE SUITE: unpacks Debian's headers of RELEASE into DIR. The build tools are
# those of this machine's architecture.
kmod_unpack() {
    local dir=$1 release=$2 suite=$3 flavour=${2##*-} kbuild=linux-kbuild-${2%-*}
    # Up to bookworm all ABIs of a version share one package of tools. Later ones have their own.
    [[ $release != 6.1.0-* ]] || kbuild=linux-kbuild-6.1
    (apt_arch=${debian_arch:-} unpack_packages "$dir" "$suite" "linux-headers-$release" \
        "linux-headers-${release%-"$flavour"}-common") || return 1
    unpack_packages "$dir" "$suite" "$kbuild" || return 1
    # The makefile names the common headers by their installed path. The cache has another one.
    # shellcheck disable=SC2016 # make's own variable
    sed -i 's#/usr/src/#$(dir $(lastword $(MAKEFILE_LIST)))../#' \
        "$dir/usr/src/linux-headers-$release/Makefile"
}

# Sets kmod_headers for the kernel in $1.
kmod_need_headers() {
    local dir=$1 release home
    release=$(<"$dir/release")
    kmod_headers=$dir/build
    [[ ! -d $kmod_headers ]] || return 0
    home=$cache/kernel-headers/$release
    [[ -d $home ]] || say "fetching the headers of $release, once"
    fill_once "$home" kmod_unpack "$release" "$suite" ||
        fail "cannot fetch the headers of $release from $suite:" \
        "If the suite has a newer kernel by now, remove $dir and run again."
    kmod_headers=$home/usr/src/linux-headers-$release
}

# The project's module, and the modules that the lab's scripts load to test it.
readonly KMOD_SOURCES=(src/kmod tests/lab/modules)

# kmod_make DIR HEADERS: builds the modules in DIR, without BPF types, which need another program.
kmod_make() {
    local source module
    for source in "${KMOD_SOURCES[@]}"; do
        mkdir -p "$1/$source"
        cp -r "$top/$source/." "$1/$source"
        if ! make -C "$2" M="$1/$source" "CROSS_COMPILE=${triple:+$triple-}" \
            CONFIG_DEBUG_INFO_BTF_MODULES= DG_KUNIT=y KCFLAGS=-Werror modules \
            >"$1/log" 2>&1 </dev/null; then
            cat "$1/log" >&2
            return 1
        fi
        for module in "$1/$source"/*.ko; do
            "${triple:+$triple-}strip" -g -o "$1/${module##*/}" "$module" || return 1
        done
    done
}

# Unpacks a part of the kernel that Debian does not build as modules, for architectures that name
# one (kernel_part, kernel_part_options).
kmod_part_fill() {
    unpack_packages "$1" "$SOURCE_SUITE" "$SOURCE_PACKAGE" || return 1
    tar -xf "$1/usr/src/$SOURCE_PACKAGE.tar.xz" -C "$1" "$SOURCE_PACKAGE/$kernel_part" || return 1
    rm -rf "${1:?}/usr"
}

# kmod_make_part DIR HEADERS: builds the modules of that part in DIR.
kmod_make_part() {
    local source=$cache/kernel-parts/$kernel_part module
    fill_once "$source" kmod_part_fill || return 1
    mkdir -p "$1/part"
    cp -r "$source/$SOURCE_PACKAGE/$kernel_part/." "$1/part"
    make -C "$2" M="$1/part" "CROSS_COMPILE=${triple:+$triple-}" CONFIG_DEBUG_INFO_BTF_MODULES= \
        "${kernel_part_options[@]}" modules \
        >"$1/log" 2>&1 </dev/null || { cat "$1/log" >&2; return 1; }
    for module in "$1/part"/*.ko "$1/part"/*/*.ko; do
        "${triple:+$triple-}strip" -g -o "$1/${module##*/}" "$module" || return 1
    done
}

# Makes the layer above that of the kernel: the modules, and lists of modules that include them.
kmod_fill() {
    local dir=$1 kernel_dir=$2 headers=$3 release modules name
    release=$(<"$kernel_dir/release")
    modules=$dir/usr/lib/modules/$release
    (kmod_make "$dir/.build" "$headers") || return 1
    [[ ! ${kernel_part:-} ]] || (kmod_make_part "$dir/.build" "$headers") || return 1
    mkdir -p "$modules/updates"
    mv "$dir/.build"/*.ko "$modules/updates/"
    rm -rf "$dir/.build"
    for name in kernel modules.order modules.builtin modules.builtin.modinfo; do
        ln -s "$kernel_dir/usr/lib/modules/$release/$name" "$modules/$name"
    done
    depmod --basedir "$dir/usr" "$release" || return 1
    find "$modules" -type l -delete
}

# kmod_inputs LIST: prints all that a build of the modules depends on. LIST is the kernel's own list
# of modules.
kmod_inputs() {
    cd "$top" || return
    printf '%s\n' "$kmod_headers" "${kernel_part:-}" "${kernel_part_options[*]-}"
    stat -c %Y "$kmod_headers"
    sha256sum <"$1"
    find "${KMOD_SOURCES[@]}" -type f -exec sha256sum {} +
}

# kmod_need DIR: sets kmod to the layer for the kernel in DIR.
kmod_need() {
    local sum release
    need_packages make=make gcc=gcc "${triple:-x86_64-linux-gnu}-gcc=${compiler:-gcc}"
    kmod_need_headers "$1"
    release=$(<"$1/release")
    sum=$(kmod_inputs "$1/usr/lib/modules/$release/modules.dep" | LC_ALL=C sort | sha256sum)
    kmod=$cache/kmod/$release-${sum:0:16}
    fill_once "$kmod" kmod_fill "$1" "$kmod_headers" ||
        fail "the kernel module does not build for $release"
    find "$cache/kmod" -mindepth 1 -maxdepth 1 -name "$release-*" ! -path "$kmod*" -mmin +1440 \
        -exec rm -rf {} +
}
