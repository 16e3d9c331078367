# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034
# The packages that tests/build, tests/demo and tests/all install, as PROGRAM=PACKAGE: a package is
# installed if its program, a command or a file, is missing. tests/lab/lib/packages.sh has those of
# the lab itself. A newcomer's machine gets those of the demo alone (tests/check-demo).

python_modules=/usr/lib/python3/dist-packages

readonly BUILD_PACKAGES=(make=make autoreconf=autoconf automake=automake pkg-config=pkg-config
    /usr/include/systemd/sd-bus.h=libsystemd-dev /usr/include/libudev.h=libudev-dev
    /usr/include/json-c/json.h=libjson-c-dev /usr/include/sys/acl.h=libacl1-dev
    "/usr/include/$(uname -m)-linux-gnu/pci/pci.h=libpci-dev" /usr/include/check.h=check)

# The guest's root is this machine's root, so these are programs of the guest.
readonly DEMO_PACKAGES=(busctl=systemd setpriv=util-linux)

# Programs that lab scripts call.
readonly SCRIPT_PACKAGES=(busctl=systemd setpriv=util-linux pgrep=procps lspci=pciutils ip=iproute2
    /usr/lib/polkit-1/polkitd=polkitd mdadm=mdadm lvcreate=lvm2 mkfs.btrfs=btrfs-progs
    make-bcache=bcache-tools mkfs.ext4=e2fsprogs
    "$python_modules/dbus=python3-dbus" "$python_modules/gi=python3-gi")

# Wanted, not needed: the tests that use them are skipped without them.
readonly TOOL_PACKAGES=(clang=clang ccache=ccache shellcheck=shellcheck sparse=sparse dkms=dkms
    mandoc=mandoc man=man-db spin=spin clang-format-14=clang-format-14
    "$python_modules/jsonschema=python3-jsonschema" /usr/sbin/mkinitramfs=initramfs-tools
    debootstrap=debootstrap faketime=faketime)

# For guests of other architectures.
readonly FOREIGN_BUILD_PACKAGES=(aarch64-linux-gnu-gcc=gcc-aarch64-linux-gnu
    powerpc64le-linux-gnu-gcc=gcc-powerpc64le-linux-gnu fdtput=device-tree-compiler)

# For the kernels that the lab builds.
readonly KERNEL_PACKAGES=(bc=bc flex=flex bison=bison xz=xz-utils
    /usr/include/libelf.h=libelf-dev)

# For tests/package.
readonly DEB_PACKAGES=(dh=debhelper /usr/share/perl5/Debian/Debhelper/Sequence/dkms.pm=dh-dkms
    dpkg-buildpackage=dpkg-dev fakeroot=fakeroot)
readonly LINT_PACKAGES=(lintian=lintian reuse=reuse)
readonly RPM_PACKAGES=(rpmbuild=rpm /usr/share/selinux/devel/Makefile=selinux-policy-dev)
