# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# QEMU: the machine's own if it knows igb (SR-IOV, QEMU 8 and later), else that of
# bookworm-backports, whose libraries come with the package of bookworm.

readonly QEMU_SUITE=bookworm-backports

emulator_program() {
    case $1 in
        amd64) printf 'qemu-system-x86_64\n' ;;
        *) return 1 ;;
    esac
}

emulator_fill() {
    unpack_packages "$1" "$QEMU_SUITE" qemu-system-x86 qemu-system-common qemu-system-data seabios
}

# Sets qemu (the command) and qemu_modules (its module directory, or nothing) for architecture $1.
emulator_need() {
    local program dir
    program=$(emulator_program "$1") || fail "no emulator known for architecture $1"
    qemu_modules=''
    if [[ ${DEVGROUPS_LAB_QEMU:-} ]]; then
        qemu=("$DEVGROUPS_LAB_QEMU")
        return
    fi
    need_packages "$program=qemu-system-x86"
    # Read the list: the status is 0 even for an unknown device.
    if [[ $("$program" -device help 2>/dev/null) == *'name "igb"'* ]]; then
        qemu=("$program")
        return
    fi
    dir=$cache/qemu/$QEMU_SUITE
    [[ -d $dir ]] || say "fetching QEMU from $QEMU_SUITE, once"
    fill_once "$dir" emulator_fill || fail "cannot fetch QEMU"
    qemu=("$dir/usr/bin/$program" -L "$dir/usr/share/qemu" -L "$dir/usr/share/seabios")
    # shellcheck disable=SC2034 # read by run
    qemu_modules=$(echo "$dir"/usr/lib/*/qemu)
}
