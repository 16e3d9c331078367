# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Debian packages: those that the machine needs are installed, those of another suite are unpacked
# in the cache. The machine's own sources are never changed: other suites have an apt state in the
# cache.

# Everything that tests/lab/run needs for a guest of this machine's architecture.
# shellcheck disable=SC2034 # run and tests/demo read it
readonly GUEST_PACKAGES=(/usr/bin/python3=python3-minimal /lib/systemd/systemd-udevd=udev
    dbus-daemon=dbus busybox=busybox-static modprobe=kmod zstd=zstd
    qemu-system-x86_64=qemu-system-x86)

# need_packages PROGRAM=PACKAGE...: installs the packages whose program is missing.
need_packages() {
    local pair missing=()
    for pair; do
        [[ -e ${pair%%=*} ]] || command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
    done
    (( ${#missing[@]} )) || return 0
    [[ $EUID == 0 ]] || fail "these Debian packages are missing: ${missing[*]}"
    say "installing ${missing[*]}"
    local log lock
    log=$(mktemp)
    # apt waits for the lock of dpkg, but not for that of its lists.
    exec {lock}</var/lib/apt/lists
    flock "$lock"
    # The lists may be old or absent, so one update follows a first failure.
    if ! install_quietly "${missing[@]}" >"$log" 2>&1 &&
       ! { apt-get update && install_quietly "${missing[@]}"; } >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        rm -f "$log"
        fail "cannot install ${missing[*]}"
    fi
    exec {lock}<&-
    rm -f "$log"
}

install_quietly() {
    DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y \
        --no-install-recommends "$@" </dev/null
}

# Prints the mirror of Debian that this machine itself uses.
debian_mirror() {
    local uri
    # shellcheck disable=SC2016 # the $(NAME)s are apt's
    uri=$(apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Created-By: Packages' \
        2>/dev/null |
        awk -F'|' '$1 == "Debian" && $2 == "Debian" { print $3; exit }')
    printf '%s\n' "${uri:-http://deb.debian.org/debian}"
}

# private_apt STATEDIR SUITE COMMAND [ARG...]: runs apt-get or apt-cache that sees only SUITE. If
# apt_arch names another architecture, it sees that one alone, without installed packages.
private_apt() {
    local state=$1 suite=$2 command=$3 status=/var/lib/dpkg/status foreign=()
    shift 3
    if [[ ${apt_arch:-} ]]; then
        status=$state/status
        : >"$status"
        foreign=(-o "APT::Architecture=$apt_arch" -o "APT::Architectures=$apt_arch")
    fi
    "$command" "${foreign[@]}" -o "Dir::State=$state" -o "Dir::State::status=$status" \
        -o "Dir::Cache=$state/cache" -o "Dir::Etc::sourcelist=$state/$suite.sources" \
        -o "Dir::Etc::sourceparts=/dev/null" \
        -o APT::Sandbox::User=root -o Acquire::Retries=3 "$@"
}

# apt_prepare STATEDIR SUITE: makes an apt state with the lists of the suite.
apt_prepare() {
    local state=$1 suite=$2
    mkdir -p "$state/lists/partial" "$state/cache/archives/partial" "$state/debs"
    cat >"$state/$suite.sources" <<SOURCES
Types: deb
URIs: $(debian_mirror)
Suites: $suite
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SOURCES
    private_apt "$state" "$suite" apt-get -qq update >&2
}

# fetch_with_dependencies STATEDIR SUITE PACKAGE...: fetches the packages and all their dependencies
# into STATEDIR/cache/archives.
fetch_with_dependencies() {
    local state=$1 suite=$2
    shift 2
    apt_prepare "$state" "$suite" || return 1
    private_apt "$state" "$suite" apt-get -qq -y --no-install-recommends --download-only install \
        "$@" >/dev/null
}

# unpack_packages DIR SUITE PACKAGE...: downloads the newest version of each package and unpacks it
# into DIR. The word meta:NAME stands for the kernel image that package NAME depends on.
unpack_packages() {
    local dir=$1 suite=$2 package state names=()
    shift 2
    state=$dir/.apt
    apt_prepare "$state" "$suite" || return 1
    for package; do
        if [[ $package == meta:* ]]; then
            package=$(private_apt "$state" "$suite" apt-cache depends "${package#meta:}" |
                sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
            [[ $package ]] || return 1
        fi
        names+=("$package/$suite")
    done
    (cd "$state/debs" && private_apt "$state" "$suite" apt-get -qq download "${names[@]}") >&2 ||
        return 1
    for package in "$state"/debs/*.deb; do
        dpkg-deb -x "$package" "$dir" || return 1
    done
    rm -rf "$state"
}
