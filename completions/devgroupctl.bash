# SPDX-License-Identifier: LGPL-2.1-or-later
# bash completion for devgroupctl. It asks the daemon for names, but never asks for a password.
# shellcheck shell=bash

__devgroupctl_run() {
	devgroupctl --no-pager --no-legend --no-ask-password --quiet "$@" 2>/dev/null
}

# Prints the first column of the output of devgroupctl with these arguments.
__devgroupctl_names() {
	__devgroupctl_run "$@" |
		while read -r name _; do
			printf '%s\n' "$name"
		done
}

__devgroupctl_groups() {
	__devgroupctl_names list
}

# Prints the addresses of all devices: the words behind the branches of the tree.
__devgroupctl_devices() {
	LC_ALL=C __devgroupctl_run list --all |
		while read -r branch address _; do
			[[ $branch == '|-' || $branch == '`-' ]] && printf '%s\n' "$address"
		done
}

__devgroupctl_complete() {
	mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

# Counts the words before this one that are neither options nor arguments of options. Stores the
# first in __devgroupctl_verb.
__devgroupctl_scan() {
	local i word
	__devgroupctl_verb='' __devgroupctl_words=0 __devgroupctl_command=0
	for (( i = 1; i < $1; i++ )); do
		word=${words[i]}
		case $word in
		--)
			__devgroupctl_command=$(( i + 1 ))
			return
			;;
		--json | --host | --config-dir | --machine | --label | --wait | --interface | \
			--method | --access | --vmm | --memory | --rules | -H | -M | --root | \
			--device | --driver | --user | --group | --description | --reserved-for | \
			--bind | --on-release | --memlock)
			# "--json=short" is three words if "=" breaks words
			[[ ${words[i + 1]:-} == = ]] && (( ++i ))
			(( ++i ))
			;;
		-*) ;;
		*)
			[[ $__devgroupctl_verb ]] || __devgroupctl_verb=$word
			(( ++__devgroupctl_words ))
			;;
		esac
	done
}

__devgroupctl_options() {
	local common='--help --version --json= -j -H --machine= --no-pager --no-legend
		--no-ask-password --quiet --verbose'
	case $1 in
	'' | list)
		printf '%s\n' "$common --all --bridges --devices --assignable --blocked --host=
			--config-dir="
		;;
	explain) printf '%s\n' "$common --root= --memory= --rules= --host= --config-dir=" ;;
	doctor) printf '%s\n' "$common --host= --config-dir=" ;;
	args) printf '%s\n' "$common --vmm= --interface= --host= --config-dir=" ;;
	graph) printf '%s\n' "$common --tree --host= --config-dir=" ;;
	plan) printf '%s\n' "$common --label= --force --interface= --host= --config-dir=" ;;
	claim) printf '%s\n' "$common --label= --wait= --force --interface= --user= --dry-run" ;;
	release) printf '%s\n' "$common --wait= --dry-run" ;;
	reset) printf '%s\n' "$common --wait= --method=" ;;
	run) printf '%s\n' "$common --label= --wait= --force --interface= --access= --" ;;
	check) printf '%s\n' "$common --root= --host= --config-dir=" ;;
	cat-config) printf '%s\n' "$common --root=" ;;
	define)
		printf '%s\n' "$common --root= --runtime --replace --device= --driver= --user=
			--group= --description= --reserved-for= --bind= --on-release= --memlock="
		;;
	undefine) printf '%s\n' "$common --root= --runtime --mask" ;;
	*) printf '%s\n' "$common" ;;
	esac
}

_devgroupctl() {
	local cur prev words cword __devgroupctl_verb __devgroupctl_words __devgroupctl_command
	local verbs='list status explain plan claim release reset run args cdi doctor check define
		undefine cat-config snapshot capsule graph monitor reload help'

	# colons are parts of addresses, "=" divides an option from its argument
	_get_comp_words_by_ref -n : cur prev words cword
	[[ $prev == = ]] && prev=${words[cword - 2]}
	[[ $cur == = ]] && prev=${words[cword - 1]} cur=
	__devgroupctl_scan "$cword"
	if (( __devgroupctl_command )); then
		[[ $__devgroupctl_verb == run ]] && _command_offset "$__devgroupctl_command"
		return
	fi
	case $prev in
	--json) __devgroupctl_complete 'short pretty off' "$cur" && return ;;
	--interface) __devgroupctl_complete 'auto group iommufd' "$cur" && return ;;
	--access) __devgroupctl_complete 'fd node' "$cur" && return ;;
	--vmm) __devgroupctl_complete 'qemu cloud-hypervisor crosvm libvirt' "$cur" && return ;;
	--rules)
		__devgroupctl_complete 'kernel-5.4 kernel-5.10 kernel-5.15 kernel-6.1 kernel-6.6
			kernel-6.12 kernel-7.2 next' "$cur" && return
		;;
	-H) _known_hosts_real -a -- "$cur" && return ;;
	--host) compopt -o default && return ;;
	--config-dir) compopt -o dirnames && return ;;
	--root) compopt -o dirnames && return ;;
	--bind) __devgroupctl_complete 'claim boot' "$cur" && return ;;
	--method)
		__devgroupctl_complete 'device_specific acpi flr af_flr pm bus slot cxl_bus none' \
			"$cur" && return
		;;
	--on-release) __devgroupctl_complete 'restore keep none' "$cur" && return ;;
	--user) mapfile -t COMPREPLY < <(compgen -u -- "$cur") && return ;;
	--group) mapfile -t COMPREPLY < <(compgen -g -- "$cur") && return ;;
	--device)
		__devgroupctl_complete "$(__devgroupctl_devices)" "$cur"
		__ltrim_colon_completions "$cur"
		return
		;;
	--machine | -M | --label | --wait | --memory | --driver | --description | --reserved-for)
		return
		;;
	esac
	if [[ $cur == -* ]]; then
		__devgroupctl_complete "$(__devgroupctl_options "$__devgroupctl_verb")" "$cur"
		[[ ${COMPREPLY[0]:-} == *= ]] && compopt -o nospace
		return
	fi
	case $__devgroupctl_verb:$__devgroupctl_words in
	:*) __devgroupctl_complete "$verbs" "$cur" ;;
	help:1) __devgroupctl_complete "$verbs" "$cur" ;;
	plan:1) __devgroupctl_complete 'claim release' "$cur" ;;
	plan:2 | claim:1 | release:1 | reset:1 | list:* | run:* | args:* | cdi:*)
		__devgroupctl_complete "$(__devgroupctl_groups)" "$cur"
		;;
	undefine:1) __devgroupctl_complete "$(__devgroupctl_groups)" "$cur" ;;
	check:* | define:1) compopt -o default ;;
	status:1 | explain:1)
		__devgroupctl_complete "$(__devgroupctl_groups; __devgroupctl_devices)" "$cur"
		__ltrim_colon_completions "$cur"
		;;
	esac
}

complete -F _devgroupctl devgroupctl
