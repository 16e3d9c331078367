# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Settings for both kinds of init: users, names, file systems.

basics() {
    printf 'lab\n' >/proc/sys/kernel/hostname
    printf 'lab\n' >/etc/hostname
    # The machine may be a container, but the guest is none.
    rm -f /.dockerenv
    # The machine's own file may be empty or missing, and the bus does not start without it.
    printf '6c61620000004000800000000000000a\n' >/etc/machine-id
    [[ ! -d /var/lib/dbus ]] || ln -sf /etc/machine-id /var/lib/dbus/machine-id
    mountpoint -q /sys/kernel/debug || mount -t debugfs debugfs /sys/kernel/debug
    /run/lab/busybox ip link set lo up
    mkdir -p /run/lock /run/user
    chmod 1777 /run/lock
    ln -sfn /proc/self/mounts /etc/mtab
    users_make
    graft_needed
    let_users_pass
}

# Makes alice 1000, bob 1001, and carol 1002 (in kvm). Users of the machine with these names, uids
# or gids do not exist in the guest.
users_make() {
    local kvm file
    awk -F: '!($1 ~ /^(alice|bob|carol)$/ || ($3 >= 1000 && $3 <= 1002))' /etc/passwd \
        >/run/lab/passwd
    awk -F: '!($1 ~ /^(alice|bob|carol)$/ || ($3 >= 1000 && $3 <= 1002))' /etc/group >/run/lab/group
    awk -F: '$1 !~ /^(alice|bob|carol)$/' /etc/shadow >/run/lab/shadow
    if ! grep -q '^kvm:' /run/lab/group; then
        kvm=999
        while grep -q "^[^:]*:[^:]*:$kvm:" /run/lab/group; do kvm=$((kvm - 1)); done
        printf 'kvm:x:%s:\n' "$kvm" >>/run/lab/group
    fi
    awk -F: -v OFS=: '$1 == "kvm" { $4 = $4 == "" ? "carol" : $4 ",carol" } { print }' \
        /run/lab/group >/run/lab/group.kvm
    printf '%s\n' alice:x:1000: bob:x:1001: carol:x:1002: >>/run/lab/group.kvm
    printf '%s\n' alice:x:1000:1000:Alice:/home/alice:/bin/bash \
        bob:x:1001:1001:Bob:/home/bob:/bin/bash \
        carol:x:1002:1002:Carol:/home/carol:/bin/bash >>/run/lab/passwd
    printf '%s:*:19000:0:99999:7:::\n' alice bob carol >>/run/lab/shadow
    for file in passwd group.kvm shadow; do
        # cat keeps the owner and the mode of the file.
        cat "/run/lab/$file" >"/etc/${file%.kvm}"
        rm "/run/lab/$file"
    done
    for file in alice bob carol; do
        rm -rf "/home/${file:?}"
        install -d -m 755 -o "$file" -g "$file" "/home/$file"
    done
}

# Lets users reach the directory of the script, even below a private directory such as /root.
let_users_pass() {
    local path
    [[ $script_dir ]] || return 0
    path=$(readlink -m "$script_dir")
    while [[ -d $path && $path != / ]]; do
        (( 8#$(stat -c %a "$path") & 1 )) || chmod o+x "$path" || :
        path=${path%/*}
        path=${path:-/}
    done
}

# The guest's own /run, /dev, /proc and /sys hide those of the machine. If the script or its working
# directory is there, an overlay shows it again.
graft_needed() {
    local path
    for path in "$script_dir" "$cwd"; do
        [[ $path ]] || continue
        path=$(readlink -m "$path")
        case $path/ in
            /run/lab/*|/proc/*|/sys/*) ;;
            /run/|/dev/|/dev/shm/) graft_entries "$path" ;;
            /run/*|/dev/*) graft "$path" ;;
        esac
    done
}

graft() {
    [[ -d /run/lab/machine$1 ]] && ! mountpoint -q "$1" || return 0
    local own
    own=/run/lab/graft/${1//\//.}
    mkdir -p "$1" "$own"
    mount -t tmpfs -o mode=755 graft "$own"
    mkdir -p "$own/lower" "$own/upper" "$own/work"
    mount --bind "/run/lab/machine$1" "$own/lower"
    mount -t overlay -o "lowerdir=$own/lower,upperdir=$own/upper,workdir=$own/work" graft "$1"
}

# Shows the entries of a directory that the guest has as well, except those that exist in the guest.
graft_entries() {
    local entry
    for entry in "/run/lab/machine$1"/*; do
        [[ ! -e $1/${entry##*/} ]] || continue
        if [[ -f $entry ]]; then
            cp -a "$entry" "$1/"
        elif [[ -d $entry ]]; then
            graft "$1/${entry##*/}"
        fi
    done
}
