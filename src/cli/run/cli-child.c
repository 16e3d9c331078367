/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <systemd/sd-event.h>

#include "base/str.h"
#include "cli/run/cli-child.h"
#include "cli/run/cli-claim-fd.h"

/* Signals that a sender means for the command. */
static const int forwarded_signals[] = { SIGHUP,  SIGINT,  SIGQUIT, SIGTERM,
					 SIGUSR1, SIGUSR2, SIGWINCH };

struct child {
	pid_t pid;
	int status;
};

DEFINE_CLEANUP(sd_event *, child_event_unrefp, sd_event_unref)

/* --- in the command's process --- */

/*
 * Moves all descriptors out of the target range first, then each to its target: no copy overwrites
 * one that is still needed.
 */
static int child_place_fds(const struct vec *fds, int *report)
{
	int beyond = CLI_CHILD_FIRST_FD + (int)fds->n, r;

	r = fcntl(*report, F_DUPFD_CLOEXEC, beyond);
	if (r < 0)
		return -errno;
	*report = r;
	VEC_FOREACH(struct claim_fd, fd, fds) {
		fd->fd = fcntl(fd->fd, F_DUPFD_CLOEXEC, beyond);
		if (fd->fd < 0)
			return -errno;
	}
	for (size_t i = 0; i < fds->n; i++)
		if (dup2(((struct claim_fd *)fds->items[i])->fd, CLI_CHILD_FIRST_FD + (int)i) < 0)
			return -errno;
	return 0;
}

static int child_set_env(const char *name, char *value)
{
	_cleanup_free_ char *owned = value;

	if (!owned)
		return -ENOMEM;
	if (setenv(name, owned, true) < 0)
		return -errno;
	return 0;
}

static int child_set_environment(const struct vec *fds)
{
	int r;

	r = child_set_env("LISTEN_PID", str_printf("%ld", (long)getpid()));
	if (r < 0)
		return r;
	r = child_set_env("LISTEN_FDS", str_printf("%zu", fds->n));
	if (r < 0)
		return r;
	r = child_set_env("LISTEN_FDNAMES", cli_claim_fd_listen_names(fds));
	if (r < 0)
		return r;
	return child_set_env("DEVGROUPS_FDS", cli_claim_fd_json(fds, CLI_CHILD_FIRST_FD));
}

/*
 * Makes the command get SIGTERM when this process dies, as under systemd-inhibit(1): afterwards no
 * process waits for it or forwards a Ctrl-C. 0 or negative errno.
 */
static int child_die_with_parent(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0)
		return -errno;
	if (getppid() != parent) /* the parent died before prctl() */
		raise(SIGTERM);
	return 0;
}

/* Replaces the process by the command. Returns only on failure: a negative errno. */
static int child_become_command(char *const *argv, const struct vec *fds, pid_t parent,
				const sigset_t *mask, int *report)
{
	int r;

	r = child_place_fds(fds, report);
	if (r < 0)
		return r;
	r = child_set_environment(fds);
	if (r < 0)
		return r;
	r = child_die_with_parent(parent);
	if (r < 0)
		return r;
	if (sigprocmask(SIG_SETMASK, mask, NULL) < 0)
		return -errno;
	execvp(argv[0], argv);
	return -errno;
}

static _Noreturn void child_exec(char *const *argv, const struct vec *fds, pid_t parent,
				 const sigset_t *mask, int report)
{
	int r = child_become_command(argv, fds, parent, mask, &report);

	if (write(report, &r, sizeof(r)) < 0) {
		/* the exit status reports the failure as well */
	}
	_exit(r == -ENOENT ? CLI_CHILD_NOT_FOUND : CLI_CHILD_NOT_EXECUTABLE);
}

/* --- in this process --- */

/*
 * Forwards a signal that a process sent to this process alone. Signals of the terminal come from
 * the kernel and reach the whole foreground process group, the command included.
 */
static int on_child_signal(sd_event_source *source, const struct signalfd_siginfo *info,
			   void *userdata)
{
	const struct child *child = userdata;

	if (info->ssi_code <= 0)
		kill(child->pid, (int)info->ssi_signo);
	return 0;
}

static int on_child_exit(sd_event_source *source, const siginfo_t *info, void *userdata)
{
	struct child *child = userdata;

	child->status = info->si_code == CLD_EXITED ? info->si_status : 128 + info->si_status;
	return sd_event_exit(sd_event_source_get_event(source), 0);
}

static void child_make_signal_mask(sigset_t *mask)
{
	sigemptyset(mask);
	sigaddset(mask, SIGCHLD);
	for (size_t i = 0; i < ARRAY_SIZE(forwarded_signals); i++)
		sigaddset(mask, forwarded_signals[i]);
}

static int child_watch(sd_event *event, struct child *child)
{
	int r;

	r = sd_event_add_child(event, NULL, child->pid, WEXITED, on_child_exit, child);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(forwarded_signals); i++) {
		r = sd_event_add_signal(event, NULL, forwarded_signals[i], on_child_signal, child);
		if (r < 0)
			return r;
	}
	return 0;
}

static int child_wait(sd_bus *bus, struct child *child)
{
	_cleanup_(child_event_unrefp) sd_event *event = NULL;
	int r;

	r = sd_event_new(&event);
	if (r < 0)
		return r;
	r = child_watch(event, child);
	if (r < 0)
		return r;
	/* Keep the connection after this loop: the leases end later. */
	r = sd_bus_set_close_on_exit(bus, false);
	if (r < 0)
		return r;
	r = sd_bus_attach_event(bus, event, SD_EVENT_PRIORITY_NORMAL);
	if (r < 0)
		return r;
	r = sd_event_loop(event);
	sd_bus_detach_event(bus);
	if (r < 0)
		return r;
	return child->status;
}

/* Returns the errno that a failed exec reports, or 0 when exec has closed the pipe. */
static int child_read_exec_error(int fd)
{
	ssize_t n;
	int error = 0;

	do
		n = read(fd, &error, sizeof(error));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(error) ? error : 0;
}

static int child_start(char *const *argv, struct vec *fds, const sigset_t *mask, struct child *ret)
{
	_cleanup_close_ int report_read = -EBADF, report_write = -EBADF;
	pid_t parent = getpid();
	int pipe_fds[2], error;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return -errno;
	report_read = pipe_fds[0];
	report_write = pipe_fds[1];
	ret->pid = fork();
	if (ret->pid < 0)
		return -errno;
	if (ret->pid == 0)
		child_exec(argv, fds, parent, mask, report_write);
	report_write = fd_close(report_write);
	cli_claim_fd_clear_all(fds);
	error = child_read_exec_error(report_read);
	if (error)
		fprintf(stderr, "devgroupctl: cannot execute %s: %s\n", argv[0], strerror(-error));
	return 0;
}

static int child_start_and_wait(sd_bus *bus, char *const *argv, struct vec *fds,
				const sigset_t *mask)
{
	struct child child = { 0 };
	int r;

	r = child_start(argv, fds, mask, &child);
	if (r < 0)
		return r;
	return child_wait(bus, &child);
}

int cli_child_run(sd_bus *bus, char *const *argv, struct vec *fds)
{
	struct timespec no_time = { 0 };
	sigset_t blocked, before;
	int r;

	child_make_signal_mask(&blocked);
	/* An inherited SIG_IGN would hide the end of the command. */
	signal(SIGCHLD, SIG_DFL);
	if (sigprocmask(SIG_BLOCK, &blocked, &before) < 0)
		return -errno;
	r = child_start_and_wait(bus, argv, fds, &before);
	/* Drop the Ctrl-C that ended the command: this process must live to return its status. */
	while (sigtimedwait(&blocked, NULL, &no_time) > 0)
		;
	sigprocmask(SIG_SETMASK, &before, NULL);
	return r;
}
