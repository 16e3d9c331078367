# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# systemd as PID 1, for tests of the unit file. Only units that these tests need start: an emulated
# processor takes 40 s for the rest.

readonly MASKED=(
    systemd-sysctl systemd-update-utmp systemd-journal-flush systemd-random-seed systemd-pstore
    systemd-timesyncd systemd-boot-update systemd-machine-id-commit systemd-networkd
    systemd-networkd-wait-online systemd-resolved systemd-firstboot systemd-sysusers
    systemd-binfmt modprobe@configfs modprobe@dm_mod modprobe@drm modprobe@efi_pstore
    modprobe@fuse modprobe@loop apparmor keyboard-setup console-setup ifupdown-pre networking
    getty@tty1 serial-getty@ttyS0 e2scrub_reap logrotate
)

systemd_prepare() {
    local unit dir=/etc/systemd/system
    mkdir -p "$dir"
    # The guest ignores units that are enabled on the machine. lab.service names those of the
    # project.
    rm -rf "$dir"/*.target.wants "$dir"/*.target.requires
    rm -f /etc/fstab
    : >/etc/fstab
    for unit in "${MASKED[@]}"; do
        ln -sf /dev/null "$dir/$unit.service"
    done
    # Older stamps than /usr would start half a minute of updates.
    touch /etc/.updated /var/.updated
    mkdir -p /etc/systemd/system.conf.d
    printf '%s\n' '[Manager]' DefaultTimeoutStartSec=180 DefaultTimeoutStopSec=60 \
        StatusUnitFormat=name >/etc/systemd/system.conf.d/lab.conf
    local wants='dbus.service systemd-udevd.service'
    [[ $daemon != yes ]] || wants+=' devgroupd.service'
    # Wants, not Requires: the script must run even if the daemon does not start.
    cat >"$dir/lab.target" <<UNIT
[Unit]
Description=Lab
Requires=basic.target
Wants=lab.service
UNIT
    cat >"$dir/lab.service" <<UNIT
[Unit]
Description=The script of the lab
Wants=$wants lab-udev.service
After=basic.target $wants lab-udev.service
[Service]
# Not oneshot: the boot must be finished when the script runs.
Type=exec
ExecStart=/run/lab/guest/script-service
StandardOutput=tty
StandardError=tty
TTYPath=/dev/console
UNIT
    cat >"$dir/lab-udev.service" <<UNIT
[Unit]
Description=Devices of the lab
DefaultDependencies=no
Requires=systemd-udevd.service
After=systemd-udevd.service
Before=devgroupd.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/run/lab/guest/replay-devices
UNIT
    # Without --remove, which would empty /tmp, where the script may be.
    mkdir -p "$dir/systemd-tmpfiles-setup.service.d"
    printf '%s\n' '[Service]' ExecStart= \
        'ExecStart=systemd-tmpfiles --create --boot --prefix=/run --prefix=/var/lib' \
        >"$dir/systemd-tmpfiles-setup.service.d/lab.conf"
    ln -sf /dev/null "$dir/proc-sys-fs-binfmt_misc.automount"
    # systemd-udev-trigger would replay every device. lab-udev replays those that tests see.
    ln -sf /dev/null "$dir/systemd-udev-trigger.service"
    ln -sf /dev/null "$dir/systemd-udev-settle.service"
}
