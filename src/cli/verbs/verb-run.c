/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * devgroupctl run: claims groups, runs a command with their descriptors, and waits for the
 * release.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/strv.h"
#include "cli/bus/cli-lease.h"
#include "cli/bus/cli-name.h"
#include "cli/bus/cli-object.h"
#include "cli/bus/cli-plan.h"
#include "cli/cli.h"
#include "cli/print/cli-term.h"
#include "cli/run/cli-child.h"
#include "cli/run/cli-claim-fd.h"
#include "cli/run/cli-subst.h"
#include "cli/run/cli-token.h"
#include "model/dbus-names.h"
#include "model/device-bus.h"

/* µs that the daemon may take to notice that the last descriptor is closed, and for its steps. */
#define NOTICE_USEC (3u * 1000000u)
#define RELEASE_USEC (30u * 1000000u)

struct run {
	struct cli *cli;
	struct progress progress;
	char **groups; /* sorted, each once */
	const char *interface, *access;
	unsigned needs;	  /* SUBST_*: what COMMAND's placeholders need */
	struct vec fds;	  /* struct claim_fd */
	struct vec paths; /* struct claim_fd of devices that COMMAND opens itself; fd is negative */
	char **leases;	  /* paths, in the order of the groups */
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
 * Sorts the groups. All claimers use the same order, so two that want the same groups cannot block
 * each other.
 */
static int verb_run_sort_groups(struct run *run)
{
	struct cli *cli = run->cli;

	qsort(cli->words, cli->n_words, sizeof(char *), verb_run_cmp_words);
	STRV_FOREACH(word, cli->words)
		if (!strv_contains(run->groups, *word) && strv_add(&run->groups, *word) < 0)
			return cli_fail(-ENOMEM, "cannot run the command");
	return 0;
}

static int verb_run_refuse_interface(const struct cli *cli)
{
	fprintf(stderr, "devgroupctl: COMMAND needs iommufd descriptors, but devgroupd on this "
			"host offers only descriptors of VFIO groups.\n");
	if (!cli->options.quiet)
		fprintf(stderr, "A VMM cannot take these: let it open /dev/vfio itself, with "
				"--access=node.\n");
	return EXIT_FAILED;
}

/* Asks whether the daemon hands out iommufd. 0 or an exit status. */
static int verb_run_has_iommufd(struct cli *cli, bool *ret)
{
	_cleanup_json_ json_object *manager = NULL;
	int r = cli_object_get(cli, OBJECT_MANAGER, DG_OBJECT_PATH, &manager);

	if (r)
		return r;
	*ret = cli_json_list_has(cli_json_get_list(manager, "interfaces"), "iommufd");
	return 0;
}

/*
 * Chooses for a VMM. It takes descriptors of iommufd. Without iommufd it opens the nodes itself,
 * and the lease permits that while it lasts.
 */
static int verb_run_choose_for_vmm(struct run *run)
{
	const struct cli_options *o = &run->cli->options;
	bool iommufd = false;
	int r;

	if (str_eq(run->access, "node"))
		return 0;
	if (!(run->needs & SUBST_PATH) && !str_eq(o->interface, "group")) {
		r = verb_run_has_iommufd(run->cli, &iommufd);
		if (r)
			return r;
	}
	if (!iommufd && (run->needs & SUBST_IOMMUFD))
		return verb_run_refuse_interface(run->cli);
	run->access = iommufd ? "fd" : "node";
	run->interface = iommufd ? "iommufd" : o->interface;
	return 0;
}

static int verb_run_choose_for_fds(struct run *run)
{
	bool iommufd;
	int r;

	if (run->needs & SUBST_GROUP)
		run->interface = "group";
	if (!(run->needs & SUBST_IOMMUFD))
		return 0;
	if (str_eq(run->interface, "group"))
		return verb_run_refuse_interface(run->cli);
	run->interface = "iommufd";
	r = verb_run_has_iommufd(run->cli, &iommufd);
	if (r)
		return r;
	return iommufd ? 0 : verb_run_refuse_interface(run->cli);
}

/* Chooses the interface and access that COMMAND's placeholders need. */
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
		return cli_fail(r, "cannot run the command");
	run->interface = o->interface;
	run->access = str_or(o->access, "fd");
	if (run->needs & SUBST_VMM)
		return verb_run_choose_for_vmm(run);
	return verb_run_choose_for_fds(run);
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
	const char *state;
	int r = cli_object_get_group(run->cli, name, &group);

	if (r)
		return r;
	state = cli_json_get_str(group, "state");
	if (run->cli->options.wait > 0 || !verb_run_is_held(state))
		return 0;
	holder = cli_term_clean(cli_json_get_str(group, "holder"));
	fprintf(stderr, "devgroupctl: Group %s is %s%s%s.\n", name, state,
		str_empty(holder) ? "" : ", held by ", str_or(holder, ""));
	return EXIT_BUSY;
}

/*
 * Checks all groups before the first is claimed, so that none changes if a later one cannot be
 * claimed. A single group is checked by its claim.
 */
static int verb_run_check_all(struct run *run)
{
	int r;

	STRV_FOREACH(group, run->groups) {
		r = verb_run_check_free(run, *group);
		if (r)
			return r;
	}
	if (strv_length(run->groups) == 1)
		return 0;
	for (size_t i = 0; run->groups[i]; i++) {
		r = cli_plan_check(run->cli, run->groups[i], run->groups, i);
		if (r)
			return r;
	}
	return 0;
}

static int verb_run_prepare(struct run *run)
{
	const struct cli_options *o = &run->cli->options;
	int r;

	if (o->host || o->machine) {
		fprintf(stderr, "devgroupctl: run cannot use -H and -M: descriptors cannot be sent "
				"to another host.\n");
		return EXIT_FAILED;
	}
	r = cli_name_resolve(run->cli, 0);
	if (r)
		return r;
	r = verb_run_sort_groups(run);
	if (r)
		return r;
	r = verb_run_choose_interface(run);
	if (r)
		return r;
	return verb_run_check_all(run);
}

/* --- devices that COMMAND opens itself --- */

static int verb_run_add_path(struct run *run, const char *group, const char *path)
{
	_cleanup_json_ json_object *device = NULL;
	_cleanup_free_ char *key = NULL;
	int r = cli_object_find_assignable(run->cli, path, &device);

	if (r || !device)
		return r;
	key = device_bus_key_new(cli_json_get_str(device, "bus"),
				 cli_json_get_str(device, "address"));
	if (!key)
		return cli_fail(-ENOMEM, "cannot run the command");
	r = cli_claim_fd_add(&run->paths, "vfio-device", key, group, -EBADF);
	if (r < 0)
		return cli_fail(r, "cannot run the command");
	return 0;
}

static int verb_run_add_paths(struct run *run, const char *name)
{
	_cleanup_json_ json_object *group = NULL;
	json_object *devices;
	int r = cli_object_get_group(run->cli, name, &group);

	if (r)
		return r;
	devices = cli_json_get_list(group, "devices");
	for (size_t i = 0; i < cli_json_list_length(devices); i++) {
		r = verb_run_add_path(run, name, cli_json_list_str(devices, i));
		if (r)
			return r;
	}
	return 0;
}

/* --- claim and run --- */

static int verb_run_claim(struct run *run, const char *group)
{
	const struct claim_options how = { .access = run->access, .interface = run->interface };
	_cleanup_free_ char *lease = NULL;
	int r = cli_lease_claim(&run->progress, group, &how, &run->fds, &lease);

	if (r)
		return r;
	if (strv_add(&run->leases, lease) < 0)
		return cli_fail(-ENOMEM, "cannot run the command");
	if (!str_eq(run->access, "node"))
		return 0;
	return verb_run_add_paths(run, group);
}

static int verb_run_claim_all(struct run *run)
{
	int r = cli_progress_start(&run->progress, run->cli);

	if (r)
		return r;
	run->progress.holds = true;
	STRV_FOREACH(group, run->groups) {
		r = verb_run_claim(run, *group);
		if (r)
			return r;
	}
	return cli_token_find_all(run->cli, &run->fds, &run->paths);
}

/* Tells whether a VMM gets a token, which is secret. */
static bool verb_run_has_token(const struct run *run)
{
	VEC_FOREACH(const struct claim_fd, fd, &run->fds)
		if (fd->text && run->needs & SUBST_VMM)
			return true;
	return false;
}

/*
 * Starts @argv with the descriptors and waits for its end. Returns its exit status, or negative
 * errno.
 */
static int verb_run_start(struct run *run, char *const *argv)
{
	int r;

	r = cli_token_write_config(&run->fds);
	if (r < 0)
		return r;
	return cli_child_run(run->cli->bus, argv, &run->fds);
}

static int verb_run_command(struct run *run)
{
	_cleanup_free_ char *error = NULL;
	_cleanup_strv_ char **argv = NULL;
	int r;

	if (verb_run_has_token(run)) {
		r = cli_token_add_config(&run->fds);
		if (r < 0)
			return cli_fail(r, "cannot run the command");
	}
	r = cli_subst_apply(run->cli->options.command, &run->fds, &run->paths, CLI_CHILD_FIRST_FD,
			    &argv, &error);
	if (r == -EINVAL) {
		fprintf(stderr, "devgroupctl: %s\n", error);
		return EXIT_FAILED;
	}
	if (r < 0)
		return cli_fail(r, "cannot run the command");
	r = verb_run_start(run, argv);
	if (r < 0)
		return cli_fail(r, "cannot run the command");
	return r;
}

/* --- after the command --- */

/*
 * Waits for the end of @lease. False at the deadline, in µs of CLOCK_MONOTONIC, or if the
 * connection is lost.
 */
static bool verb_run_wait_end(struct run *run, const char *lease, uint64_t deadline)
{
	sd_bus *bus = run->cli->bus;
	int r;

	/*
	 * Handle messages that have arrived even after the deadline: waiting for another lease may
	 * have used it up.
	 */
	while (!cli_progress_lease_ended(&run->progress, lease)) {
		uint64_t now;

		r = sd_bus_process(bus, NULL);
		if (r < 0)
			return false;
		if (r > 0)
			continue;
		now = clock_usec(CLOCK_MONOTONIC);
		if (now >= deadline)
			return false;
		r = sd_bus_wait(bus, deadline - now);
		if (r < 0 && r != -EINTR)
			return false;
	}
	return true;
}

static void verb_run_print_still_held(struct run *run, const char *group, const char *state)
{
	cli_progress_end_line(&run->progress);
	if (str_eq(state, "stuck") || str_eq(state, "dirty") || str_eq(state, "releasing"))
		fprintf(stderr, "devgroupctl: Group %s is %s. See: devgroupctl status %s\n", group,
			state, group);
	else
		fprintf(stderr,
			"devgroupctl: Group %s is still %s: a process that the command left behind "
			"has its descriptors. It is released when they are closed.\n",
			group, state);
}

/* Returns the group at @path if it still has @lease, else NULL. */
static json_object *verb_run_find_held(struct run *run, const char *path, const char *lease)
{
	_cleanup_json_ json_object *group = NULL;

	if (cli_object_find(run->cli, OBJECT_GROUP, path, &group) || !group ||
	    !str_eq(cli_json_get_str(group, "lease"), lease))
		return NULL;
	return TAKE_PTR(group);
}

/*
 * Waits until @group is released. A release that runs gets more time than a lease whose descriptors
 * stay open.
 */
static void verb_run_wait_released(struct run *run, const char *group, const char *lease,
				   uint64_t since)
{
	_cleanup_free_ char *path = cli_object_path(OBJECT_GROUP, group);
	_cleanup_json_ json_object *held = NULL, *later = NULL;

	if (!path || verb_run_wait_end(run, lease, since + NOTICE_USEC))
		return;
	held = verb_run_find_held(run, path, lease);
	if (!held)
		return;
	if (!str_eq(cli_json_get_str(held, "state"), "releasing")) {
		verb_run_print_still_held(run, group, cli_json_get_str(held, "state"));
		return;
	}
	if (verb_run_wait_end(run, lease, since + RELEASE_USEC))
		return;
	later = verb_run_find_held(run, path, lease);
	if (later)
		verb_run_print_still_held(run, group, cli_json_get_str(later, "state"));
}

/*
 * Closes the descriptors and waits: when `run` returns, the devices are back on their host drivers.
 */
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
	/* Groups that were claimed before a failure are released as well. */
	r = verb_run_claim_all(&run);
	if (!r)
		r = verb_run_command(&run);
	verb_run_end_all(&run);
	return r;
}
