/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * devgroupctl doctor: reports what this host lacks for passthrough, and what is wrong with the
 * daemon.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "base/strv.h"
#include "base/trust.h"
#include "cli/bus/cli-bus.h"
#include "cli/bus/cli-object.h"
#include "cli/host/cli-files.h"
#include "cli/host/cli-host.h"
#include "cli/print/cli-term.h"
#include "model/dbus-names.h"
#include "model/usage.h"
#include "policy/devinfo/mem-need.h"
#include "policy/plan/vfio-choice.h"
#include "policy/report/doctor.h"

#define RUN_DIR "/run/devgroups"

/* --- limits and nodes, which only this process can check --- */

static int verb_doctor_check_memlock(struct vec *findings)
{
	_cleanup_free_ char *text = NULL;
	struct rlimit limit;
	uint64_t bytes;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0)
		return 0;
	bytes = limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : limit.rlim_cur;
	text = mem_need_format(bytes);
	if (!text)
		return -ENOMEM;
	if (bytes >= mem_need_min(UINT64_C(1) << 30))
		return doctor_add_finding(
			findings, FINDING_OK, "memlock",
			str_printf("Processes started from here may lock %s of memory.", text));
	return doctor_add_finding(
		findings, FINDING_HINT, "memlock",
		str_printf("Processes started from here may lock %s of memory, and a VMM locks all "
			   "memory of its VM. Set \"memlock\" of the group: devgroupctl explain "
			   "GROUP --memory=SIZE.",
			   text));
}

static int verb_doctor_check_nodes(struct vec *findings)
{
	struct stat st;

	if (stat("/dev/vfio/vfio", &st) < 0)
		return doctor_add_finding(findings, FINDING_WARN, "nodes",
					  strdup("There is no /dev/vfio/vfio, which VMMs open by "
						 "path. Load the module vfio."));
	if ((st.st_mode & 0666) == 0666)
		return doctor_add_finding(findings, FINDING_OK, "nodes",
					  strdup("All users may open /dev/vfio/vfio, which alone "
						 "gives access to no device."));
	return doctor_add_finding(findings, FINDING_WARN, "nodes",
				  str_printf("/dev/vfio/vfio has mode %04o, so the VMM of a user "
					     "cannot open it by path. Set 0666, the kernel's "
					     "default: the node alone gives access to no device.",
					     (unsigned)st.st_mode & 07777));
}

/* Reports each file and directory of definitions that users other than root can change. */
static int verb_doctor_check_trust(struct cli *cli, struct vec *findings)
{
	_cleanup_def_set_ struct def_set *config = NULL, *quirks = NULL;
	int r;

	if (cli_files_load(cli, &config) || cli_files_load_quirks(cli, &quirks))
		return 0;
	r = vec_move(&config->problems, &quirks->problems);
	if (r < 0)
		return r;
	VEC_FOREACH(const struct problem, problem, &config->problems) {
		if (!problem->untrusted)
			continue;
		r = doctor_add_finding(findings, FINDING_FAIL, "definitions",
				       str_printf("%s: %s", problem->file, problem->text));
		if (r < 0)
			return r;
	}
	return 0;
}

static int verb_doctor_check_run_dir(struct cli *cli, struct vec *findings)
{
	_cleanup_free_ char *path = str_printf("%s" RUN_DIR, str_or(cli->options.root, ""));
	_cleanup_free_ char *why = NULL;
	int r = path ? trust_check(path, cli->options.root ? geteuid() : TRUST_ONLY_ROOT, &why) :
		       -ENOMEM;

	if (r < 0 || !why)
		return r;
	return doctor_add_finding(findings, FINDING_FAIL, "daemon",
				  str_printf("devgroupd does not start with %s: %s", path, why));
}

/* --- the daemon --- */

/* Lists the services that the bus can start. 0 or negative errno. */
static int verb_doctor_list_services(struct cli *cli, char ***ret)
{
	_cleanup_message_ sd_bus_message *reply = NULL;
	_cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	int r;

	r = sd_bus_call_method(cli->bus, "org.freedesktop.DBus", "/org/freedesktop/DBus",
			       "org.freedesktop.DBus", "ListActivatableNames", &error, &reply,
			       NULL);
	if (r < 0)
		return r;
	return sd_bus_message_read_strv(reply, ret);
}

static int verb_doctor_check_polkit(struct cli *cli, struct vec *findings)
{
	_cleanup_strv_ char **names = NULL;

	if (verb_doctor_list_services(cli, &names) < 0)
		return 0;
	if (strv_contains(names, "org.freedesktop.PolicyKit1"))
		return doctor_add_finding(findings, FINDING_OK, "polkit",
					  strdup("polkit is available."));
	return doctor_add_finding(findings, FINDING_HINT, "polkit",
				  strdup("polkit is not available: only root and users named in a "
					 "definition can claim."));
}

static int verb_doctor_check_definitions(struct cli *cli, struct vec *findings)
{
	_cleanup_json_ json_object *manager = NULL;
	json_object *problems;
	size_t n;

	if (cli_object_get(cli, OBJECT_MANAGER, DG_OBJECT_PATH, &manager))
		return 0;
	problems = cli_json_get_list(manager, "problems");
	n = cli_json_list_length(problems);
	if (n > 0)
		return doctor_add_finding(
			findings, FINDING_WARN, "definitions",
			str_printf("%zu problem%s in the definitions. See: devgroupctl check.", n,
				   n == 1 ? "" : "s"));
	return doctor_add_finding(
		findings, FINDING_OK, "daemon",
		str_printf("devgroupd %s answers, and its definitions have no problems.",
			   cli_json_get_str(manager, "version")));
}

/* Reports devices that another program took from a claimed group. The holder may not know it. */
static int verb_doctor_check_taken_away(json_object *group, struct vec *findings)
{
	json_object *blockers = cli_json_get_list(group, "blockers");
	int r;

	for (size_t i = 0; i < cli_json_list_length(blockers); i++) {
		json_object *blocker = json_object_array_get_idx(blockers, i);

		if (!str_eq(cli_json_get_str(blocker, "code"), "taken-away"))
			continue;
		r = doctor_add_finding(findings, FINDING_WARN, "group",
				       str_printf("Group %s: %s", cli_json_get_str(group, "name"),
						  cli_json_get_str(blocker, "text")));
		if (r < 0)
			return r;
	}
	return 0;
}

static int verb_doctor_check_group(json_object *group, struct vec *findings)
{
	const char *state = cli_json_get_str(group, "state");

	if (!str_eq(cli_json_get_str(group, "type"), "group"))
		return 0;
	if (!str_eq(state, "stuck") && !str_eq(state, "dirty"))
		return verb_doctor_check_taken_away(group, findings);
	return doctor_add_finding(findings, FINDING_FAIL, "group",
				  str_printf("Group %s is %s. See: devgroupctl status %s.",
					     cli_json_get_str(group, "name"), state,
					     cli_json_get_str(group, "name")));
}

static bool verb_doctor_is_leased(json_object *objects, const struct device *device)
{
	json_object_object_foreach(objects, path, object)
	{
		json_object *devices = cli_json_get_list(object, "devices");

		(void)path;
		if (strlen(cli_json_get_str(object, "lease")) <= 1)
			continue;
		for (size_t i = 0; i < cli_json_list_length(devices); i++) {
			_cleanup_free_ char *id = cli_object_id(cli_json_list_str(devices, i));

			if (str_eq(id, device->key))
				return true;
		}
	}
	return false;
}

static const struct usage *verb_doctor_find_user(const struct device *device)
{
	VEC_FOREACH(const struct usage, usage, &device->usages)
		if (str_eq(usage->kind, USAGE_VFIO))
			return usage;
	return NULL;
}

static char *verb_doctor_describe_stranger(const struct device *device, const struct usage *user)
{
	if (!user || user->pid < 0)
		return str_printf("%s is used through VFIO by a process that has not claimed it.",
				  device->key);
	return str_printf("%s is used by %s (pid %d%s%s), which has not claimed it. With libvirt, "
			  "use managed='no' and the hook of devgroups.",
			  device->key, str_or(user->name, "a process"), (int)user->pid,
			  user->unit ? ", " : "", str_or(user->unit, ""));
}

/*
 * Reports devices on a VFIO driver that another program uses without a claim: libvirt with
 * managed='yes', driverctl, scripts. The daemon does not undo that.
 */
static int verb_doctor_check_unclaimed(const struct inventory *inv, json_object *objects,
				       struct vec *findings)
{
	int r;

	VEC_FOREACH(const struct device, device, &inv->devices) {
		const struct usage *user = verb_doctor_find_user(device);

		if (!vfio_choice_is_vfio(device->driver) || (!user && !device->vfio_open) ||
		    verb_doctor_is_leased(objects, device))
			continue;
		r = doctor_add_finding(findings, FINDING_WARN, "stranger",
				       verb_doctor_describe_stranger(device, user));
		if (r < 0)
			return r;
	}
	return 0;
}

static int verb_doctor_check_groups(json_object *objects, struct vec *findings)
{
	int r;

	json_object_object_foreach(objects, path, object)
	{
		(void)path;
		r = verb_doctor_check_group(object, findings);
		if (r < 0)
			return r;
	}
	return 0;
}

static int verb_doctor_check_daemon(struct cli *cli, const struct inventory *inv,
				    struct vec *findings)
{
	_cleanup_json_ json_object *objects = NULL;
	int r;

	r = verb_doctor_check_definitions(cli, findings);
	if (r < 0)
		return r;
	r = verb_doctor_check_polkit(cli, findings);
	if (r < 0)
		return r;
	/* cli_object_get_all() has printed the reason. */
	if (cli_object_get_all(cli, &objects))
		return 0;
	r = verb_doctor_check_groups(objects, findings);
	if (r < 0)
		return r;
	return verb_doctor_check_unclaimed(inv, objects, findings);
}

/* --- output --- */

static enum tint verb_doctor_level_tint(enum finding_level level)
{
	static const enum tint tints[] = { TINT_GOOD, TINT_HELD, TINT_WAITING, TINT_BAD };

	return tints[level];
}

static int verb_doctor_print_json(const struct cli *cli, const struct vec *findings)
{
	_cleanup_json_ json_object *list = json_object_new_array();

	VEC_FOREACH(const struct finding, finding, findings) {
		const char *level = doctor_level_to_string(finding->level);

		if (cli_json_append(
			    list,
			    CLI_JSON_NEW({ "level", json_object_new_string(level) },
					 { "subject", json_object_new_string(finding->subject) },
					 { "text", json_object_new_string(finding->text) })) < 0)
			return cli_fail(-ENOMEM, "cannot show the findings");
	}
	cli_json_print(list, cli->options.json);
	return 0;
}

static int verb_doctor_print(const struct cli *cli, const struct vec *findings)
{
	if (cli->options.json != CLI_JSON_OFF)
		return verb_doctor_print_json(cli, findings);
	VEC_FOREACH(const struct finding, finding, findings) {
		enum tint tint = verb_doctor_level_tint(finding->level);

		if (cli->options.quiet && finding->level < FINDING_WARN)
			continue;
		printf("%s%-8s%s %-12s %s\n", cli_term_begin(tint),
		       doctor_level_to_string(finding->level), cli_term_end(tint), finding->subject,
		       finding->text);
	}
	return 0;
}

/* Tells whether the exit status is a failure. A host with hints and warnings works. */
static bool verb_doctor_has_failure(const struct vec *findings)
{
	VEC_FOREACH(const struct finding, finding, findings)
		if (finding->level == FINDING_FAIL)
			return true;
	return false;
}

/* Checks what only this process can see. 0 or -ENOMEM. */
static int verb_doctor_check_here(struct cli *cli, struct vec *findings)
{
	int r;

	r = verb_doctor_check_nodes(findings);
	if (r < 0)
		return r;
	r = verb_doctor_check_trust(cli, findings);
	if (r < 0)
		return r;
	r = verb_doctor_check_run_dir(cli, findings);
	if (r < 0)
		return r;
	return verb_doctor_check_memlock(findings);
}

/* Checks the host, and the daemon unless the host is recorded. 0 or negative errno. */
static int verb_doctor_check_host(struct cli *cli, const struct cli_host *host,
				  struct vec *findings)
{
	int r;

	/* cli_host_open() has printed the reason. */
	if (!host->assess)
		return doctor_add_finding(
			findings, FINDING_FAIL, "daemon",
			strdup("devgroupd does not answer. See: systemctl status devgroupd."));
	r = doctor_check(host->inv, findings);
	if (r < 0)
		return r;
	if (cli->options.host_file)
		return 0;
	return verb_doctor_check_daemon(cli, host->inv, findings);
}

int verb_doctor(struct cli *cli)
{
	const struct cli_options *o = &cli->options;
	_cleanup_findings_ struct vec findings = { 0 };
	_cleanup_host_ struct cli_host host = { 0 };
	int r = cli_host_open(cli, &host);

	if (r && o->host_file)
		return r;
	r = verb_doctor_check_host(cli, &host, &findings);
	if (r < 0)
		return cli_fail(r, "cannot inspect the host");
	if (!o->host_file && !o->host && !o->machine) {
		r = verb_doctor_check_here(cli, &findings);
		if (r < 0)
			return cli_fail(r, "cannot inspect the host");
	}
	r = verb_doctor_print(cli, &findings);
	if (r)
		return r;
	return verb_doctor_has_failure(&findings) ? EXIT_FAILED : 0;
}
