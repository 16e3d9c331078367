/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "cli/bus/cli-bus.h"
#include "cli/bus/cli-lease.h"
#include "cli/bus/cli-object.h"
#include "cli/bus/cli-plan.h"
#include "cli/print/cli-term.h"
#include "cli/run/cli-child.h"
#include "cli/run/cli-claim-fd.h"
#include "cli/run/cli-subst.h"
#include "cli/run/cli-token.h"
#include "model/dbus-names.h"
#include "model/device-bus.h"

/* Time for the daemon to notice that the last descriptor is closed, and then for its steps. */
#define NOTICE_USEC (3u * 1000000u)
#define RELEASE_USEC (30u * 1000000u)

struct run {
	struct cli *cli;
	struct progress progress;
	char **groups; /* sorted, each once */
	const char *interface, *access;
	unsigned needs; /* SUBST_*, of COMMAND */
	struct vec fds; /* struct claim_fd */
	struct vec
		paths; /* the same of devices that COMMAND opens itself; of them fd is negative */
	char **leases; /* paths, in the order of the groups */
};

static void verb_run_clear(struct run *run)
{
	cli_claim_fd_clear_all(&run->fds);
	cli_claim_fd_clear_all(&run->paths);
	cli_progress_stop(&run->progress);
	strv_free(run->groups);
	strv_free(run->leases);
}

/* --- before anything is claimed --- */
static int verb_run_cmp_words(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/*
 * Everybody claims in the same order, so two that want the same groups cannot wait for each
 * other.
 */
static int verb_run_sort_groups(struct run *run)
{
	struct cli *cli = run->cli;

	qsort(cli->words, cli->n_words, sizeof(char *), verb_run_cmp_words);
	STRV_FOREACH(word, cli->words)
		if (!strv_contains(run->groups, *word) && strv_add(&run->groups, *word) < 0)
			return cli_fail(-ENOMEM, "cannot run");
	return 0;
}

static int verb_run_refuse_interface(const struct cli *cli)
{
	fprintf(stderr, "devgroupctl: COMMAND needs iommufd descriptors, but devgroupd here offers "
			"only those of VFIO groups.\n");
	if (!cli->options.quiet)
		fprintf(stderr, "A VMM cannot take these: let it open /dev/vfio itself, with "
				"--access=node.\n");
	return EXIT_FAILED;
}

/* Does the daemon hand out iommufd? 0 or an exit status. */
static int verb_run_has_iommufd(struct cli *cli, bool *ret)
{
	_cleanup_json_ json_object *manager = NULL;
	int r = cli_object_get(cli, OBJECT_MANAGER, DG_OBJECT_PATH, &manager);

	if (!r)
		*ret = cli_json_list_has(cli_json_get_list(manager, "interfaces"), "iommufd");
	return r;
}

/* A VMM takes descriptors of iommufd; where there are none it opens the nodes itself, and may do so
 * while it runs. */
static int verb_run_choose_for_vmm(struct run *run, unsigned needs)
{
	const struct cli_options *o = &run->cli->options;
	bool iommufd = false;
	int r = 0;

	if (str_eq(run->access, "node"))
		return 0;
	if (!(needs & SUBST_PATH) && !str_eq(o->interface, "group"))
		r = verb_run_has_iommufd(run->cli, &iommufd);
	if (r)
		return r;
	if (!iommufd && (needs & SUBST_IOMMUFD))
		return verb_run_refuse_interface(run->cli);
	run->access = iommufd ? "fd" : "node";
	run->interface = iommufd ? "iommufd" : o->interface;
	return 0;
}

static int verb_run_choose_for_fds(struct run *run, unsigned needs)
{
	bool iommufd;
	int r;

	if (needs & SUBST_GROUP)
		run->interface = "group";
	if (!(needs & SUBST_IOMMUFD))
		return 0;
	if (str_eq(run->interface, "group"))
		return verb_run_refuse_interface(run->cli);
	run->interface = "iommufd";
	r = verb_run_has_iommufd(run->cli, &iommufd);
	return r || iommufd ? r : verb_run_refuse_interface(run->cli);
}

/* What COMMAND's placeholders ask for, if they do. */
static int verb_run_choose_interface(struct run *run)
{
	_cleanup_free_ char *error = NULL;
	const struct cli_options *o = &run->cli->options;
	int r = cli_subst_needs(o->command, &run->needs, &error);

	if (r == -EINVAL) {
		fprintf(stderr, "devgroupctl: %s\n", error);
		return EXIT_USAGE;
	}
	if (r < 0)
		return cli_fail(r, "cannot run");
	run->interface = o->interface;
	run->access = str_or(o->access, "fd");
	return run->needs & SUBST_VMM ? verb_run_choose_for_vmm(run, run->needs) :
					verb_run_choose_for_fds(run, run->needs);
}

static bool verb_run_is_held(const char *state)
{
	static const char *const held[] = { "claiming", "claimed", "releasing", "draining" };

	for (size_t i = 0; i < ARRAY_SIZE(held); i++)
		if (str_eq(state, held[i]))
			return true;
	return false;
}

static int verb_run_check_free(struct run *run, const char *name)
{
	_cleanup_json_ json_object *group = NULL;
	_cleanup_free_ char *holder = NULL;
	int r = cli_object_get_group(run->cli, name, &group);

	if (r || run->cli->options.wait > 0 || !verb_run_is_held(cli_json_get_str(group, "state")))
		return r;
	holder = cli_term_clean(cli_json_get_str(group, "holder"));
	fprintf(stderr, "devgroupctl: Group %s is %s%s%s.\n", name,
		cli_json_get_str(group, "state"), str_empty(holder) ? "" : ", held by ",
		str_or(holder, ""));
	return EXIT_BUSY;
}

/*
 * With several groups the first must not be touched for nothing when a later one cannot be had, for
 * whatever reason. A single one is checked by its claim.
 */
static int verb_run_check_all(struct run *run)
{
	bool several = run->groups[1];
	int r = 0;

	for (size_t i = 0; !r && run->groups[i]; i++)
		r = verb_run_check_free(run, run->groups[i]);
	for (size_t i = 0; !r && several && run->groups[i]; i++)
		r = cli_plan_check(run->cli, run->groups[i], run->groups, i);
	return r;
}

static int verb_run_prepare(struct run *run)
{
	const struct cli_options *o = &run->cli->options;
	int r;

	if (o->host || o->machine) {
		fprintf(stderr, "devgroupctl: descriptors do not travel between hosts: run works "
				"without -H and -M only.\n");
		return EXIT_FAILED;
	}
	r = verb_run_sort_groups(run);
	if (!r)
		r = verb_run_choose_interface(run);
	return r ? r : verb_run_check_all(run);
}

/* --- what COMMAND opens itself --- */

static int verb_run_add_path(struct run *run, const char *group, const char *path)
{
	_cleanup_json_ json_object *device = NULL;
	_cleanup_free_ char *key = NULL;
	int r = cli_object_find_assignable(run->cli, path, &device);

	if (r || !device)
		return r;
	key = device_bus_key_new(cli_json_get_str(device, "bus"),
				 cli_json_get_str(device, "address"));
	if (!key || cli_claim_fd_add(&run->paths, "vfio-device", key, group, -EBADF) < 0)
		return cli_fail(-ENOMEM, "cannot run");
	return 0;
}

static int verb_run_add_paths(struct run *run, const char *name)
{
	_cleanup_json_ json_object *group = NULL;
	json_object *devices;
	int r = cli_object_get_group(run->cli, name, &group);

	devices = r ? NULL : cli_json_get_list(group, "devices");
	for (size_t i = 0; !r && i < cli_json_list_length(devices); i++)
		r = verb_run_add_path(run, name, cli_json_list_str(devices, i));
	return r;
}

/* --- claim and run --- */
static int verb_run_claim_all(struct run *run)
{
	const struct claim_options how = { .access = run->access, .interface = run->interface };
	int r = cli_progress_start(&run->progress, run->cli);

	run->progress.holds = true;

	for (size_t i = 0; !r && run->groups[i]; i++) {
		_cleanup_free_ char *lease = NULL;

		r = cli_lease_claim(&run->progress, run->groups[i], &how, &run->fds, &lease);
		if (!r && strv_add(&run->leases, lease) < 0)
			r = cli_fail(-ENOMEM, "cannot run");
		if (!r && str_eq(run->access, "node"))
			r = verb_run_add_paths(run, run->groups[i]);
	}
	return r ? r : cli_token_find_all(run->cli, &run->fds, &run->paths);
}

/* Options that are secret? */
static bool verb_run_has_token(const struct run *run)
{
	VEC_FOREACH(const struct claim_fd, fd, &run->fds)
		if (fd->text && run->needs & SUBST_VMM)
			return true;
	return false;
}

static int verb_run_command(struct run *run)
{
	_cleanup_free_ char *error = NULL;
	_cleanup_strv_ char **argv = NULL;
	int r = verb_run_has_token(run) ? cli_token_add_config(&run->fds) : 0;

	if (r < 0)
		return cli_fail(r, "cannot run the command");
	r = cli_subst_apply(run->cli->options.command, &run->fds, &run->paths, CLI_CHILD_FIRST_FD,
			    &argv, &error);
	if (r == -EINVAL) {
		fprintf(stderr, "devgroupctl: %s\n", error);
		return EXIT_FAILED;
	}
	if (r >= 0)
		r = cli_token_write_config(&run->fds);
	if (r >= 0)
		r = cli_child_run(run->cli->bus, argv, &run->fds);
	return r < 0 ? cli_fail(r, "cannot run the command") : r;
}

/* --- after the command --- */
/* True when it is gone; false at the deadline, or when the daemon is gone itself. */
static bool verb_run_wait_end(struct run *run, const char *lease, uint64_t deadline)
{
	sd_bus *bus = run->cli->bus;
	int r = 1;

	/*
	 * what has arrived is looked at also after the deadline, which another lease may have
	 * used up
	 */
	while (!cli_progress_lease_ended(&run->progress, lease)) {
		uint64_t now = clock_usec(CLOCK_MONOTONIC);

		if (r == 0 && now >= deadline)
			return false;
		if (r == 0)
			r = sd_bus_wait(bus, deadline - now);
		if (r >= 0 || r == -EINTR)
			r = sd_bus_process(bus, NULL);
		if (r < 0)
			return false;
	}
	return true;
}

static void verb_run_print_still_held(struct run *run, const char *group, const char *state)
{
	cli_progress_end_line(&run->progress);
	if (str_eq(state, "stuck") || str_eq(state, "dirty") || str_eq(state, "releasing"))
		fprintf(stderr, "devgroupctl: Group %s is %s: devgroupctl status %s\n", group,
			state, group);
	else
		fprintf(stderr,
			"devgroupctl: Group %s is still %s: a process that the command left behind "
			"has its descriptors. It is released when they are closed.\n",
			group, state);
}

/* Steps that are under way get more time than a lease that nobody lets go. */
static void verb_run_wait_released(struct run *run, const char *group, const char *lease,
				   uint64_t since)
{
	_cleanup_free_ char *path = cli_object_path(OBJECT_GROUP, group);
	_cleanup_json_ json_object *now = NULL, *later = NULL;

	if (!path || verb_run_wait_end(run, lease, since + NOTICE_USEC) ||
	    cli_object_find(run->cli, OBJECT_GROUP, path, &now) || !now)
		return;
	if (!str_eq(cli_json_get_str(now, "lease"), lease))
		return;
	if (!str_eq(cli_json_get_str(now, "state"), "releasing")) {
		verb_run_print_still_held(run, group, cli_json_get_str(now, "state"));
		return;
	}
	if (verb_run_wait_end(run, lease, since + RELEASE_USEC) ||
	    cli_object_find(run->cli, OBJECT_GROUP, path, &later) || !later ||
	    !str_eq(cli_json_get_str(later, "lease"), lease))
		return;
	verb_run_print_still_held(run, group, cli_json_get_str(later, "state"));
}

/* When `run` returns, the devices are back where they were. */
static void verb_run_end_all(struct run *run)
{
	uint64_t since = clock_usec(CLOCK_MONOTONIC);

	cli_claim_fd_clear_all(&run->fds);
	for (size_t i = 0; run->leases && run->leases[i]; i++)
		verb_run_wait_released(run, run->groups[i], run->leases[i], since);
}

int verb_run(struct cli *cli)
{
	_cleanup_(verb_run_clear) struct run run = { .cli = cli };
	int r = verb_run_prepare(&run);

	if (r)
		return r;
	r = verb_run_claim_all(&run);
	if (!r)
		r = verb_run_command(&run);
	verb_run_end_all(&run);
	return r;
}
