# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Kernels that the lab builds from Debian's source package with the configs of kernel-config/. They
# are small: "make allnoconfig" and the lines of the configs. A change of the configs or of this
# file builds them again; a newer source package does not.

readonly SOURCE_SUITE=bookworm-backports SOURCE_PACKAGE=linux-source-6.12
# Space for source and objects during a build, in MiB. About ten MiB remain.
readonly BUILD_SPACE=3500

# For files in kernels/: kernel_fill is `build_kernel NAME DIR CONFIG...`, kernel_cached is
# `build_is_current DIR CONFIG...`.
build_is_current() {
    local dir=$1
    shift
    [[ $(<"$dir/key") == "$(build_key "$@")" ]] 2>/dev/null
}

build_key() {
    (cd "$lab/kernel-config" && cat -- "$@" ../lib/kernel-build.sh |
        grep -v '^ *\(#\|$\)' | sha256sum | cut -d' ' -f1)
}

# Returns LAB_EXIT_SKIPPED if this machine cannot build kernels.
build_kernel() {
    local name=$1 dir=$2 source release log
    shift 2
    log=$cache/kernels/$name.log
    build_can "$name" "${dir%/*}" || return
    unpack_packages "$dir/.build" "$SOURCE_SUITE" "$SOURCE_PACKAGE" ||
        cannot_build "$name" "$SOURCE_PACKAGE is not available" || return
    tar -xf "$dir/.build/usr/src/$SOURCE_PACKAGE.tar.xz" -C "$dir/.build" || return 1
    source=$dir/.build/$SOURCE_PACKAGE
    cat "${@/#/$lab/kernel-config/}" >"$dir/config"
    # The output of the build goes into the log alone.
    if ! (build_make "$name" "$source" "$dir") >"$log" 2>&1 </dev/null; then
        tail -n 30 "$log" >&2
        say "kernel $name does not build, the whole log is $log"
        return 1
    fi
    release=$(<"$dir/release")
    ln -sfn ../../../../build "$dir/usr/lib/modules/$release/build"
    depmod --basedir "$dir/usr" "$release" || return 1
    rm -rf "$dir/.build"
    build_key "$@" >"$dir/key"
}

cannot_build() {
    say "skipped: kernel $1 cannot be built here: $2"
    return "$LAB_EXIT_SKIPPED"
}

# build_can NAME DIR
build_can() {
    local free
    command -v apt-get >/dev/null ||
        cannot_build "$1" "without apt-get there is no source package" || return
    (need_packages gcc=gcc make=make bc=bc flex=flex bison=bison xz=xz-utils depmod=kmod \
        /usr/include/libelf.h=libelf-dev) ||
        cannot_build "$1" "packages are missing" || return
    free=$(df --output=avail --block-size=M "$2" | tr -dc 0-9)
    (( free >= BUILD_SPACE )) ||
        cannot_build "$1" "it takes $BUILD_SPACE MiB in $2, $free are free" || return
}

# build_make NAME SOURCE DIR: makes kernel, release, modules, headers for other modules (build), and
# the config in the place where Debian has it.
build_make() {
    local name=$1 source=$2 dir=$3 line release missing=0
    local make=(nice make -s -C "$source" "LOCALVERSION=-$name" KCONFIG_ALLCONFIG="$dir/config")
    "${make[@]}" allnoconfig || return 1
    while read -r line; do
        grep -qxF -- "$line" "$source/.config" || {
            printf 'the config lacks: %s\n' "$line"
            missing=1
        }
    done < <(grep '^CONFIG_' "$dir/config")
    (( ! missing )) || return 1
    "${make[@]}" -j"$(nproc)" vmlinux modules || return 1
    "${make[@]}" INSTALL_MOD_PATH="$dir/usr" DEPMOD=true modules_install || return 1
    # shellcheck disable=SC2016 # make's own variable
    "${make[@]}" run-command \
        KBUILD_RUN_COMMAND='$(srctree)/scripts/package/install-extmod-build '"$dir/build" ||
        return 1
    release=$(<"$source/include/config/kernel.release")
    objcopy -S "$source/vmlinux" "$dir/kernel" || return 1
    mkdir -p "$dir/boot"
    cp "$source/.config" "$dir/boot/config-$release"
    printf '%s\n' "$release" >"$dir/release"
}
