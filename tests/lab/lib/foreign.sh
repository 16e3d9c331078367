# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Guests of another architecture than amd64. The machine's own root does not run there. Such a guest
# gets a root of Debian packages, which is unpacked in the cache, and the project is cross-built
# against that root into build/ARCH. A file arches/NAME sets:
#   description, default_topology
#   suite                                where its kernel and the headers are
#   kernel_part, kernel_part_options     (optional) a directory of the kernel's source that --kmod
#                                        builds modules of, and variables for make
#   debian_arch, triple, compiler        the architecture's name in Debian and in compilers, and the
#                                        package of the cross compiler
#   emulator, emulator_package           QEMU's program and its package
#   kernel_fill DIR                      as in kernels.sh

# Packages that a guest needs to reach a script, that scripts call, and that the project is built
# with.
readonly FOREIGN_PACKAGES=(base-files base-passwd bash coreutils mawk grep sed findutils mount
    util-linux procps kmod udev dbus systemd busybox-static pciutils diffutils hostname libpci3
    python3-minimal libpython3.11-stdlib libsystemd-dev libudev-dev libpci-dev libjson-c-dev
    libacl1-dev libc6-dev)
readonly FOREIGN_SUITE=bookworm

arch_names() {
    local file
    for file in "$lab/arches"/*; do printf '%s\n' "${file##*/}"; done
}

# Sets the variables of the file, and those that kernels.sh would set.
arch_load() {
    [[ $1 != */* && -f $lab/arches/$1 ]] || return 1
    slowness=1 built=no arch=$1 suite=''
    kernel_cached() { :; }
    # shellcheck disable=SC1090
    source "$lab/arches/$1"
}

# Prints the directory of the root. It changes with the list of packages, and with the code that
# unpacks them.
foreign_root_dir() {
    local sum
    sum=$({
        printf '%s ' "$FOREIGN_SUITE" "${FOREIGN_PACKAGES[@]}"
        declare -f foreign_root_fill foreign_links
    } | sha256sum)
    printf '%s/roots/%s-%s\n' "$cache" "$arch" "${sum:0:12}"
}

# Unpacks the root. No package is configured, because its programs do not run here. This function
# makes by hand what the scripts of the packages would make and a guest needs.
foreign_root_fill() {
    local root=$1 name package
    (apt_arch=$debian_arch fetch_with_dependencies "$root/.apt" "$FOREIGN_SUITE" \
        "${FOREIGN_PACKAGES[@]}") || return 1
    for name in bin sbin lib lib64; do
        mkdir -p "$root/usr/$name" && ln -sfn "usr/$name" "$root/$name" || return 1
    done
    for package in "$root"/.apt/cache/archives/*.deb; do
        dpkg-deb --fsys-tarfile "$package" | tar --keep-directory-symlink -C "$root" -xf - ||
            return 1
    done
    rm -rf "$root/.apt" "${root:?}/usr/share"/{doc,man,locale,info,zoneinfo}
    foreign_links "$root"
    for name in passwd group; do
        cp "$root/usr/share/base-passwd/$name.master" "$root/etc/$name" || return 1
    done
    printf 'messagebus:x:104:110::/nonexistent:/usr/sbin/nologin\n' >>"$root/etc/passwd"
    printf '%s\n' messagebus:x:110: input:x:104: kvm:x:105: render:x:106: sgx:x:107: \
        >>"$root/etc/group"
    : >"$root/etc/shadow"
}

# Makes absolute links relative: the linker would follow them into the machine's root.
foreign_links() {
    local root=$1 link
    while IFS= read -r link; do
        ln -sfn --relative "$root$(readlink "$link")" "$link"
    done < <(find "$root/usr/lib" "$root/usr/lib64" -type l -lname '/*')
    ln -sfn bash "$root/usr/bin/sh"
    ln -sfn mawk "$root/usr/bin/awk"
    ln -sfn python3.11 "$root/usr/bin/python3"
}

# Sets root. Skips the run if the packages are not available, which is no failure.
foreign_root_need() {
    root=$(foreign_root_dir)
    [[ -d $root ]] && return
    say "fetching the packages of an $arch root, once"
    fill_once "$root" foreign_root_fill || foreign_cannot "its packages are not available"
}

foreign_cannot() {
    say "skipped: no $arch guest here: $*"
    exit "$LAB_EXIT_SKIPPED"
}

foreign_emulator_fill() {
    unpack_packages "$1" "$QEMU_SUITE" "$emulator_package" qemu-system-common qemu-system-data
}

# Sets qemu and qemu_modules, as emulator_need does. Its libraries come with the machine's own QEMU.
foreign_emulator_need() {
    local dir=$cache/qemu/$QEMU_SUITE-$arch
    (need_packages qemu-system-x86_64=qemu-system-x86) || foreign_cannot "QEMU is not available"
    [[ -d $dir ]] || say "fetching $emulator from $QEMU_SUITE, once"
    fill_once "$dir" foreign_emulator_fill || foreign_cannot "$emulator is not available"
    qemu=("$dir/usr/bin/$emulator" -L "$dir/usr/share/qemu")
    qemu_modules=$(echo "$dir"/usr/lib/*/qemu)
}

# Brings build/ARCH up to date, and sets DEVGROUPS_BUILD for the rest of the lab.
foreign_build() {
    local dir=$top/build/$arch lock log=$top/build/$arch.log
    [[ ! ${DEVGROUPS_BUILD:-} ]] || return 0
    (need_packages "$triple-gcc=$compiler") || foreign_cannot "the cross compiler is not available"
    # makes ./configure if it is missing or old
    "$top/tests/build" >"$log" 2>&1 </dev/null || {
        tail -n 30 "$log" >&2
        fail "tests/build failed, the whole log is $log"
    }
    mkdir -p "$dir"
    exec {lock}>"$dir.lock"
    flock "$lock"
    (foreign_make "$dir") >"$log" 2>&1 </dev/null {lock}>&- || {
        tail -n 30 "$log" >&2
        fail "no build for $arch, the whole log is $log"
    }
    exec {lock}>&-
    export DEVGROUPS_BUILD=$dir
}

foreign_make() {
    local lib=$root/usr/lib/$triple
    export PKG_CONFIG_SYSROOT_DIR=$root PKG_CONFIG_PATH=
    export PKG_CONFIG_LIBDIR=$lib/pkgconfig:$root/usr/share/pkgconfig
    if [[ ! -f $1/Makefile || $(cat "$1/root" 2>/dev/null) != "$root" ]]; then
        rm -rf "$1"
        mkdir -p "$1"
        (cd "$1" && "$top/configure" --quiet --host="$triple" CC="$triple-gcc --sysroot=$root" \
            --prefix=/usr --sysconfdir=/etc --localstatedir=/var --enable-werror --disable-tests) ||
            return 1
        printf '%s\n' "$root" >"$1/root"
    fi
    # a build without tests lacks the programs of the lab
    make -s -j"$(nproc)" -C "$1" all tests/lab/programs/{vfio-probe,lab-watch}
}

# Provides all parts of a guest of another architecture. Sets root, qemu, qemu_modules.
foreign_need() {
    foreign_emulator_need
    foreign_root_need
    [[ $install == no ]] || foreign_build
}
