/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The process of a worker. It runs the steps, reports each to the daemon, and exits. */

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"
#include "base/utf8.h"
#include "daemon/lease/worker-private.h"
#include "sys/child.h"
#include "sys/fault.h"
#include "sys/state/byte-lock.h"
#include "sys/step/step-run.h"

/* The descriptors of the process. It closes all others. */
#define CHANNEL_FD CHILD_FIRST_FD
#define ROOT_FD (CHILD_FIRST_FD + 1)
#define LOCK_FD (CHILD_FIRST_FD + 2)

static void worker_child_send(const struct worker_message *message, int fd)
{
	struct iovec iov = { .iov_base = (void *)message, .iov_len = sizeof(*message) };
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct msghdr header = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd >= 0) {
		header.msg_control = &control;
		header.msg_controllen = sizeof(control);
		CMSG_FIRSTHDR(&header)->cmsg_level = SOL_SOCKET;
		CMSG_FIRSTHDR(&header)->cmsg_type = SCM_RIGHTS;
		CMSG_FIRSTHDR(&header)->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&header)), &fd, sizeof(int));
	}
	/* Without a reader the daemon is gone, and the next daemon continues from the record. */
	if (sendmsg(CHANNEL_FD, &header, MSG_NOSIGNAL) < 0)
		_exit(EXIT_FAILURE);
}

static void worker_child_on_fd(const char *kind, const char *name, int fd, void *userdata)
{
	struct worker_message message = { .type = WORKER_MESSAGE_FD };

	snprintf(message.kind, sizeof(message.kind), "%s", kind);
	utf8_fit(message.text, sizeof(message.text), name);
	worker_child_send(&message, fd);
}

static void worker_child_wait_for_record(void)
{
	char byte;
	ssize_t n;

	do
		n = recv(CHANNEL_FD, &byte, sizeof(byte), 0);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		_exit(EXIT_FAILURE);
}

/* Runs a step and reports it. Returns true if the plan continues. */
static bool worker_child_run_step(struct step_runner *step_runner, const struct step *step,
				  unsigned index, bool undoing)
{
	_cleanup_free_ char *cause = NULL;
	struct worker_message message = { .type = WORKER_MESSAGE_BEGINS, .index = index };

	worker_child_send(&message, -EBADF);
	message.type = WORKER_MESSAGE_ENDED;
	message.error = step_run(step_runner, step, &cause);
	utf8_fit(message.text, sizeof(message.text), str_or(cause, ""));
	worker_child_send(&message, -EBADF);
	if (worker_step_is_recorded(step, message.error))
		worker_child_wait_for_record();
	/*
	 * A device that may be open is never unbound, and a device that was not reset goes to no
	 * other user. A release continues after any other failure, to give back the rest.
	 */
	if (message.error >= 0 || step->may_fail)
		return true;
	return undoing && step->kind != STEP_PROVE_CLOSED && step->kind != STEP_VERIFY_RESET;
}

/* Moves the channel, the root and the file of locks to their numbers and closes all else. */
static int worker_child_arrange_fds(int channel, int root, int run_dir)
{
	const int fds[] = { channel, root, byte_lock_open(run_dir) };

	return child_keep_fds(fds, ARRAY_SIZE(fds));
}

_Noreturn void worker_child_run(const struct worker_plan *plan, int channel, pid_t parent)
{
	struct sysfs_root root = { .fd = ROOT_FD, .path = plan->root->path };
	struct step_runner *step_runner;

	/*
	 * Ends with the daemon: the next daemon undoes the work by the record, and two processes
	 * must not work on one group.
	 */
	if (child_begin(parent, "devgroupd-steps") < 0 ||
	    worker_child_arrange_fds(channel, plan->root->fd, plan->run_dir) < 0)
		_exit(EXIT_FAILURE);
	/* Waits until the previous worker of the name is gone, which may sleep in the kernel for
	 * long. */
	if (byte_lock_take(LOCK_FD, byte_lock_offset(plan->name)) < 0)
		_exit(EXIT_FAILURE);

	fault_begin(plan->verb, plan->name);
	step_runner = step_run_new(&root, plan->undoing, LOCK_FD, worker_child_on_fd, NULL);
	if (!step_runner)
		_exit(EXIT_FAILURE);
	for (unsigned i = 0; i < plan->steps->n; i++)
		if (!worker_child_run_step(step_runner, plan->steps->items[i], i, plan->undoing))
			break;
	_exit(EXIT_SUCCESS);
}
