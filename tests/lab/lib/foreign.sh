# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Guests of another architecture than this machine's, which is amd64. The machine's own root does not run there, so such a guest gets a root
# of Debian's packages for it, unpacked in the cache, and the project is cross-built against that root, into build/ARCH. A file arches/NAME says:
#   description, default_topology
#   suite                                where its kernel and the headers are
#   kernel_part, kernel_part_options     (optional) a directory of the kernel's source that --kmod makes modules of, and what make is told
#   debian_arch, triple, compiler        Debian's name of the architecture, the compiler's, the package of the cross compiler
#   emulator, emulator_package           QEMU's program and its package
#   kernel_fill DIR                      as in kernels.sh

# What a guest needs to get to a script, what the scripts call, and what the project is built against.
readonly FOREIGN_PACKAGES=(base-files base-passwd bash coreutils mawk grep sed findutils mount util-linux procps kmod udev dbus systemd busybox-static pciutils diffutils
    hostname libpci3 python3-minimal libpython3.11-stdlib libsystemd-dev libudev-dev libpci-dev libjson-c-dev libacl1-dev libc6-dev)
readonly FOREIGN_SUITE=bookworm

arch_names() {
    local file
    for file in "$lab/arches"/*; do printf '%s\n' "${file##*/}"; done
}

# Sets the words of the file, and those that kernels.sh would have set.
arch_load() {
    [[ $1 != */* && -f $lab/arches/$1 ]] || return 1
    slowness=1 built=no arch=$1 suite=''
    kernel_cached() { :; }
    # shellcheck disable=SC1090
    source "$lab/arches/$1"
}

# Another list of packages makes another root, and so does another way to unpack them.
foreign_root_dir() {
    local sum
    sum=$({ printf '%s ' "$FOREIGN_SUITE" "${FOREIGN_PACKAGES[@]}"; declare -f foreign_root_fill foreign_links; } | sha256sum)
    printf '%s/roots/%s-%s\n' "$cache" "$arch" "${sum:0:12}"
}

# Nothing is configured, since nothing of it runs here: what the scripts of the packages would have made and a guest needs is made by hand.
foreign_root_fill() {
    local root=$1 name package
    (apt_arch=$debian_arch fetch_with_dependencies "$root/.apt" "$FOREIGN_SUITE" "${FOREIGN_PACKAGES[@]}") || return 1
    for name in bin sbin lib lib64; do
        mkdir -p "$root/usr/$name" && ln -sfn "usr/$name" "$root/$name" || return 1
    done
    for package in "$root"/.apt/cache/archives/*.deb; do
        dpkg-deb --fsys-tarfile "$package" | tar --keep-directory-symlink -C "$root" -xf - || return 1
    done
    rm -rf "$root/.apt" "${root:?}/usr/share"/{doc,man,locale,info,zoneinfo}
    foreign_links "$root"
    for name in passwd group; do cp "$root/usr/share/base-passwd/$name.master" "$root/etc/$name" || return 1; done
    printf 'messagebus:x:104:110::/nonexistent:/usr/sbin/nologin\n' >>"$root/etc/passwd"
    printf '%s\n' messagebus:x:110: input:x:104: kvm:x:105: render:x:106: sgx:x:107: >>"$root/etc/group"
    : >"$root/etc/shadow"
}

# Where a link means the guest's root, the linker would look in the machine's.
foreign_links() {
    local root=$1 link
    while IFS= read -r link; do
        ln -sfn --relative "$root$(readlink "$link")" "$link"
    done < <(find "$root/usr/lib" "$root/usr/lib64" -type l -lname '/*')
    ln -sfn bash "$root/usr/bin/sh"
    ln -sfn mawk "$root/usr/bin/awk"
    ln -sfn python3.11 "$root/usr/bin/python3"
}

# Sets root. Where packages cannot be had, nothing is wrong but this machine.
foreign_root_need() {
    root=$(foreign_root_dir)
    [[ -d $root ]] && return
    say "fetching the packages of an $arch root, once"
    fill_once "$root" foreign_root_fill || foreign_cannot "its packages cannot be had"
}

foreign_cannot() {
    say "skipped: no $arch guest here: $*"
    exit "$LAB_EXIT_SKIPPED"
}

foreign_emulator_fill() { unpack_packages "$1" "$QEMU_SUITE" "$emulator_package" qemu-system-common qemu-system-data; }

# Sets qemu and qemu_modules, as emulator_need does. Its libraries are those that the machine's own QEMU came with.
foreign_emulator_need() {
    local dir=$cache/qemu/$QEMU_SUITE-$arch
    (need_packages qemu-system-x86_64=qemu-system-x86) || foreign_cannot "there is no QEMU"
    [[ -d $dir ]] || say "fetching $emulator from $QEMU_SUITE, once"
    fill_once "$dir" foreign_emulator_fill || foreign_cannot "there is no $emulator"
    qemu=("$dir/usr/bin/$emulator" -L "$dir/usr/share/qemu")
    qemu_modules=$(echo "$dir"/usr/lib/*/qemu)
}

# Brings build/ARCH up to date; DEVGROUPS_BUILD says to all others where the project is.
foreign_build() {
    local dir=$top/build/$arch lock log=$top/build/$arch.log
    [[ ! ${DEVGROUPS_BUILD:-} ]] || return 0
    (need_packages "$triple-gcc=$compiler") || foreign_cannot "there is no cross compiler"
    # makes ./configure where it is missing or old
    "$top/tests/build" >"$log" 2>&1 </dev/null || { tail -n 30 "$log" >&2; fail "tests/build failed, the whole log is $log"; }
    mkdir -p "$dir"
    exec {lock}>"$dir.lock"
    flock "$lock"
    (foreign_make "$dir") >"$log" 2>&1 </dev/null {lock}>&- || { tail -n 30 "$log" >&2; fail "no build for $arch, the whole log is $log"; }
    exec {lock}>&-
    export DEVGROUPS_BUILD=$dir
}

foreign_make() {
    local lib=$root/usr/lib/$triple
    export PKG_CONFIG_SYSROOT_DIR=$root PKG_CONFIG_LIBDIR=$lib/pkgconfig:$root/usr/share/pkgconfig PKG_CONFIG_PATH=
    if [[ ! -f $1/Makefile || $(cat "$1/root" 2>/dev/null) != "$root" ]]; then
        rm -rf "$1"
        mkdir -p "$1"
        (cd "$1" && "$top/configure" --quiet --host="$triple" CC="$triple-gcc --sysroot=$root" --prefix=/usr --sysconfdir=/etc \
            --localstatedir=/var --enable-werror --disable-tests) || return 1
        printf '%s\n' "$root" >"$1/root"
    fi
    # what scripts run is no part of a build without tests
    make -s -j"$(nproc)" -C "$1" all tests/lab/programs/vfio-probe
}

# All that a guest of architecture $1 is made of. Sets root, qemu, qemu_modules.
foreign_need() {
    foreign_emulator_need
    foreign_root_need
    [[ $install == no ]] || foreign_build
}
