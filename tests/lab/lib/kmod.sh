# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The kernel module, built against the headers of the guest's kernel. Headers come from the suite that the kernel came from, or from
# the kernel's own build; both they and the module stay in the cache, the module under the sum of what it was made of.

# kmod_unpack DIR RELEASE SUITE: Debian's headers of RELEASE in DIR. The programs that build come from this machine's architecture.
kmod_unpack() {
    local dir=$1 release=$2 suite=$3 flavour=${2##*-} kbuild=linux-kbuild-${2%-*}
    # Up to bookworm all ABIs of a version share one; later ones have their own.
    [[ $release != 6.1.0-* ]] || kbuild=linux-kbuild-6.1
    (apt_arch=${debian_arch:-} unpack_packages "$dir" "$suite" "linux-headers-$release" "linux-headers-${release%-"$flavour"}-common") || return 1
    unpack_packages "$dir" "$suite" "$kbuild" || return 1
    # It names the common ones by where a package would have put them; a cache may be moved.
    # shellcheck disable=SC2016 # make's own variable
    sed -i 's#/usr/src/#$(dir $(lastword $(MAKEFILE_LIST)))../#' "$dir/usr/src/linux-headers-$release/Makefile"
}

# Sets kmod_headers for the kernel in $1.
kmod_need_headers() {
    local dir=$1 release home
    release=$(<"$dir/release")
    kmod_headers=$dir/build
    [[ ! -d $kmod_headers ]] || return 0
    home=$cache/kernel-headers/$release
    [[ -d $home ]] || say "fetching the headers of $release, once"
    fill_once "$home" kmod_unpack "$release" "$suite" || fail "cannot fetch the headers of $release from $suite:" \
        "if the suite has a newer kernel by now, remove $dir and run again"
    kmod_headers=$home/usr/src/linux-headers-$release
}

# The project's module, and what the lab's scripts load to test it.
readonly KMOD_SOURCES=(src/kmod tests/lab/modules)

# kmod_make DIR HEADERS: the modules in DIR. Types for BPF would need a program more.
kmod_make() {
    local source module
    for source in "${KMOD_SOURCES[@]}"; do
        mkdir -p "$1/$source"
        cp -r "$top/$source/." "$1/$source"
        if ! make -C "$2" M="$1/$source" "CROSS_COMPILE=${triple:+$triple-}" CONFIG_DEBUG_INFO_BTF_MODULES= KCFLAGS=-Werror modules \
            >"$1/log" 2>&1 </dev/null; then
            cat "$1/log" >&2
            return 1
        fi
        for module in "$1/$source"/*.ko; do
            "${triple:+$triple-}strip" -g -o "$1/${module##*/}" "$module" || return 1
        done
    done
}

# A part of the kernel that Debian has the source of and builds no modules from, for architectures that name one (kernel_part, its options).
kmod_part_fill() {
    unpack_packages "$1" "$SOURCE_SUITE" "$SOURCE_PACKAGE" || return 1
    tar -xf "$1/usr/src/$SOURCE_PACKAGE.tar.xz" -C "$1" "$SOURCE_PACKAGE/$kernel_part" || return 1
    rm -rf "${1:?}/usr"
}

# kmod_make_part DIR HEADERS: its modules in DIR.
kmod_make_part() {
    local source=$cache/kernel-parts/$kernel_part module
    fill_once "$source" kmod_part_fill || return 1
    mkdir -p "$1/part"
    cp -r "$source/$SOURCE_PACKAGE/$kernel_part/." "$1/part"
    make -C "$2" M="$1/part" "CROSS_COMPILE=${triple:+$triple-}" CONFIG_DEBUG_INFO_BTF_MODULES= "${kernel_part_options[@]}" modules \
        >"$1/log" 2>&1 </dev/null || { cat "$1/log" >&2; return 1; }
    for module in "$1/part"/*.ko "$1/part"/*/*.ko; do
        "${triple:+$triple-}strip" -g -o "$1/${module##*/}" "$module" || return 1
    done
}

# The layer above the kernel's: the modules, and lists of modules that know them.
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

# Sets kmod to the layer for the kernel that is in $1.
kmod_need() {
    local sum release
    need_packages make=make gcc=gcc "${triple:-x86_64-linux-gnu}-gcc=${compiler:-gcc}"
    kmod_need_headers "$1"
    release=$(<"$1/release")
    sum=$(cd "$top" && { printf '%s\n' "$kmod_headers" "${kernel_part:-}" "${kernel_part_options[*]-}"; stat -c %Y "$kmod_headers"; find "${KMOD_SOURCES[@]}" -type f -exec sha256sum {} +; } |
        LC_ALL=C sort | sha256sum)
    kmod=$cache/kmod/$release-${sum:0:16}
    fill_once "$kmod" kmod_fill "$1" "$kmod_headers" || fail "the kernel module does not build for $release"
    find "$cache/kmod" -mindepth 1 -maxdepth 1 -name "$release-*" ! -path "$kmod*" -mmin +1440 -exec rm -rf {} +
}
