/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/str.h"
#include "daemon/lease/deadline.h"
#include "daemon/lease/worker.h"
#include "sys/fault.h"
#include "sys/step/step-run.h"

/* Where the child has its end of the channel, and the root, after it has closed everything else. */
#define CHANNEL_FD 3
#define ROOT_FD 4
#define LOCK_FD 5

/* In the run directory: a byte of it is locked for each worker, by the worker itself. */
static const char worker_lock_file[] = ".workers";

enum worker_message_type { WORKER_MESSAGE_BEGINS, WORKER_MESSAGE_ENDED, WORKER_MESSAGE_FD };

/* One datagram a message; a descriptor travels with WORKER_MESSAGE_FD. */
struct worker_message {
	enum worker_message_type type;
	unsigned index;
	int error;
	char kind[24];
	char text[400]; /* the cause, or the name of what is given */
};

struct worker {
	const struct vec *steps;
	const struct worker_handlers *handlers;
	void *userdata;
	uint64_t deadline_usec;
	pid_t pid;
	int channel;
	sd_event_source *channel_source, *child_source, *deadline_source;
	int run_dir;
	off_t lock;	  /* its byte */
	unsigned current; /* the step that runs */
	unsigned ended;	  /* how many have ended */
	bool exited;
	int status; /* of waitid() */
	struct worker_result result;
};

/* --- in the child --- */

static void worker_send(const struct worker_message *message, int fd)
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
	/* nobody reads any more: the daemon is gone, and its successor finds the record */
	if (sendmsg(CHANNEL_FD, &header, MSG_NOSIGNAL) < 0)
		_exit(EXIT_FAILURE);
}

static void worker_send_fd(const char *kind, const char *name, int fd, void *userdata)
{
	struct worker_message message = { .type = WORKER_MESSAGE_FD };

	snprintf(message.kind, sizeof(message.kind), "%s", kind);
	snprintf(message.text, sizeof(message.text), "%s", name);
	worker_send(&message, fd);
}

/* What the record has to know before anything that follows: the daemon may be killed at any moment,
 * and its worker with it. */
static bool worker_step_is_recorded(const struct step *step, int error)
{
	return step->kind == STEP_VERIFY_RESET && error == 0;
}

static void worker_wait_for_record(void)
{
	char byte;
	ssize_t n;

	do
		n = recv(CHANNEL_FD, &byte, sizeof(byte), 0);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		_exit(EXIT_FAILURE);
}

/* True if the plan goes on. */
static bool worker_run_step(struct step_runner *step_runner, const struct step *step,
			    unsigned index, bool undoing)
{
	_cleanup_free_ char *cause = NULL;
	struct worker_message message = { .type = WORKER_MESSAGE_BEGINS, .index = index };

	worker_send(&message, -EBADF);
	message.type = WORKER_MESSAGE_ENDED;
	message.error = step_run(step_runner, step, &cause);
	snprintf(message.text, sizeof(message.text), "%s", str_or(cause, ""));
	worker_send(&message, -EBADF);
	if (worker_step_is_recorded(step, message.error))
		worker_wait_for_record();
	/*
	 * nothing is unbound while somebody may hold it, and nothing is given to the next one that
	 * the last one has left something in; any other failure leaves the rest to be given back
	 */
	return message.error >= 0 || step->may_fail ||
	       (undoing && step->kind != STEP_PROVE_CLOSED && step->kind != STEP_VERIFY_RESET);
}

/*
 * Leaves the channel at CHANNEL_FD, the root and the locks behind it, and closes all else:
 * descriptors of other leases in here would keep those leases alive. All are moved out of the way
 * first, wherever they are now.
 */
static int worker_arrange_fds(int channel, int root, int run_dir)
{
	int lock = openat(run_dir, worker_lock_file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	channel = fcntl(channel, F_DUPFD, LOCK_FD + 1);
	root = fcntl(root, F_DUPFD, LOCK_FD + 1);
	lock = fcntl(lock, F_DUPFD, LOCK_FD + 1);
	if (channel < 0 || root < 0 || lock < 0 || dup3(channel, CHANNEL_FD, O_CLOEXEC) < 0 ||
	    dup3(root, ROOT_FD, O_CLOEXEC) < 0 || dup3(lock, LOCK_FD, O_CLOEXEC) < 0 ||
	    close_range(LOCK_FD + 1, ~0u, 0) < 0)
		return -errno;
	return 0;
}

/* One worker a name, whichever daemon started it. The lock goes with the process, and not before.
 */
static int worker_wait_for_predecessor(off_t byte)
{
	struct flock lock = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1
	};

	while (fcntl(LOCK_FD, F_SETLKW, &lock) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

static off_t worker_lock_offset(const char *name)
{
	uint64_t hash = 0xcbf29ce484222325; /* FNV-1a */

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 0x100000001b3;
	return (off_t)(hash >> 1);
}

static _Noreturn void worker_child_main(const struct worker_plan *plan, int channel, pid_t parent)
{
	struct sysfs_root root = { .fd = ROOT_FD };
	struct step_runner *step_runner;
	sigset_t none;

	/* dies with the daemon, whose successor undoes from the record: two must not work on one
	 * group */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
	prctl(PR_SET_NAME, "devgroupd-steps");
	for (int signal_number = 1; signal_number < SIGSYS; signal_number++)
		signal(signal_number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (worker_arrange_fds(channel, plan->root->fd, plan->run_dir) < 0 ||
	    worker_wait_for_predecessor(worker_lock_offset(plan->name)) < 0)
		_exit(EXIT_FAILURE);

	fault_begin(plan->verb, plan->name);
	step_runner = step_run_new(&root, plan->undoing, worker_send_fd, NULL);
	if (!step_runner)
		_exit(EXIT_FAILURE);
	for (unsigned i = 0; i < plan->steps->n; i++)
		if (!worker_run_step(step_runner, plan->steps->items[i], i, plan->undoing))
			break;
	_exit(EXIT_SUCCESS);
}

/* --- in the daemon --- */

static void worker_stop_deadline(struct worker *worker)
{
	if (worker->deadline_source)
		sd_event_source_set_enabled(worker->deadline_source, SD_EVENT_OFF);
}

static int worker_on_deadline(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct worker *worker = userdata;

	worker->handlers->late(worker, worker->current, worker->userdata);
	return 0;
}

static void worker_start_deadline(struct worker *worker)
{
	sd_event_source_set_time_relative(worker->deadline_source, worker->deadline_usec);
	sd_event_source_set_enabled(worker->deadline_source, SD_EVENT_ONESHOT);
}

static void worker_note_failure(struct worker *worker, const struct worker_message *message)
{
	const struct step *step = worker->steps->items[message->index];

	/* the first one, unless a later one says that nobody may have the device */
	if (step->may_fail || (worker->result.error < 0 && step->kind != STEP_VERIFY_RESET))
		return;
	free(worker->result.cause);
	worker->result.error = message->error;
	worker->result.index = message->index;
	worker->result.cause = str_empty(message->text) ? NULL : strdup(message->text);
}

static void worker_resume(const struct worker *worker)
{
	/* where it fails the worker is gone, which is seen by itself */
	(void)send(worker->channel, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void worker_handle_message(struct worker *worker, const struct worker_message *message,
				  int fd)
{
	switch (message->type) {
	case WORKER_MESSAGE_BEGINS:
		worker->current = message->index;
		worker_start_deadline(worker);
		worker->handlers->step_begins(worker, message->index, worker->userdata);
		break;
	case WORKER_MESSAGE_ENDED:
		worker_stop_deadline(worker);
		worker->ended++;
		if (message->error < 0)
			worker_note_failure(worker, message);
		worker->handlers->step_ended(worker, message->index, message->error,
					     worker->userdata);
		if (worker_step_is_recorded(worker->steps->items[message->index], message->error))
			worker_resume(worker);
		break;
	case WORKER_MESSAGE_FD:
		worker->handlers->on_fd(worker, message->kind, message->text, fd, worker->userdata);
		return;
	}
	fd_close(fd);
}

/* True if there was one; false at the end of the channel or when nothing waits. */
static bool worker_receive(struct worker *worker, bool *ret_eof)
{
	struct worker_message message;
	struct iovec iov = { .iov_base = &message, .iov_len = sizeof(message) };
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr header = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg;
	int fd = -EBADF;
	ssize_t n = recvmsg(worker->channel, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);

	*ret_eof = n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
	if (n <= 0)
		return false;
	cmsg = CMSG_FIRSTHDR(&header);
	if (cmsg && cmsg->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(cmsg), sizeof(int));
	if (n == sizeof(message))
		worker_handle_message(worker, &message, fd);
	else
		fd_close(fd);
	return true;
}

/* A worker that stopped without having failed a step, and before its last one, was ended by
 * somebody. */
static void worker_judge_exit(struct worker *worker)
{
	if (worker->result.error < 0)
		return;
	if (worker->ended == worker->steps->n && WIFEXITED(worker->status) &&
	    WEXITSTATUS(worker->status) == 0)
		return;
	worker->result.error = -ECHILD;
	worker->result.index = worker->current;
	worker->result.cause =
		WIFSIGNALED(worker->status) ?
			str_printf("the worker process was ended by signal %d (%s)",
				   WTERMSIG(worker->status), strsignal(WTERMSIG(worker->status))) :
			str_printf("the worker process ended with status %d",
				   WEXITSTATUS(worker->status));
}

/* Both the last message and the exit status are needed, in whichever order they come. */
static void worker_finish_if_over(struct worker *worker)
{
	if (!worker->exited || worker->channel >= 0)
		return;
	worker_stop_deadline(worker);
	worker_judge_exit(worker);
	worker->handlers->ended(worker, &worker->result, worker->userdata);
}

static int worker_on_channel(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct worker *worker = userdata;
	bool eof;

	while (worker_receive(worker, &eof))
		;
	if (eof) {
		worker->channel_source = sd_event_source_disable_unref(worker->channel_source);
		worker->channel = fd_close(worker->channel);
		worker_finish_if_over(worker);
	}
	return 0;
}

static int worker_on_exit(sd_event_source *source, const siginfo_t *info, void *userdata)
{
	struct worker *worker = userdata;

	worker->exited = true;
	worker->status = info->si_code == CLD_EXITED ? W_EXITCODE(info->si_status, 0) :
						       W_EXITCODE(0, info->si_status);
	worker->child_source = sd_event_source_disable_unref(worker->child_source);
	worker_finish_if_over(worker);
	return 0;
}

static int worker_watch(struct worker *worker, sd_event *event)
{
	int r;

	r = deadline_add(event, worker->deadline_usec, worker_on_deadline, worker,
			 &worker->deadline_source);
	if (r < 0)
		return r;
	r = sd_event_add_io(event, &worker->channel_source, worker->channel, EPOLLIN,
			    worker_on_channel, worker);
	if (r < 0)
		return r;
	return sd_event_add_child(event, &worker->child_source, worker->pid, WEXITED,
				  worker_on_exit, worker);
}

int worker_start(sd_event *event, const struct worker_plan *plan,
		 const struct worker_handlers *handlers, void *userdata, struct worker **ret)
{
	struct worker *worker;
	int channel[2], r;
	pid_t parent = getpid();

	worker = calloc(1, sizeof(*worker));
	if (!worker)
		return -ENOMEM;
	worker->steps = plan->steps;
	worker->handlers = handlers;
	worker->userdata = userdata;
	worker->deadline_usec = plan->deadline_usec;
	worker->run_dir = plan->run_dir;
	worker->lock = worker_lock_offset(plan->name);
	worker->channel = -EBADF;
	worker->result.index = (unsigned)plan->steps->n;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) < 0) {
		r = -errno;
		worker_free(worker);
		return r;
	}
	worker->channel = channel[0];
	worker->pid = fork();
	if (worker->pid == 0)
		worker_child_main(plan, channel[1], parent);
	r = worker->pid < 0 ? -errno : 0;
	fd_close(channel[1]);
	if (r >= 0)
		r = worker_watch(worker, event);
	if (r < 0) {
		/* without a reader the child ends at its first message: nothing has been done yet
		 */
		worker_free(worker);
		return r;
	}
	*ret = worker;
	return 0;
}

struct worker *worker_free(struct worker *worker)
{
	if (!worker)
		return NULL;
	sd_event_source_disable_unref(worker->deadline_source);
	sd_event_source_disable_unref(worker->channel_source);
	sd_event_source_disable_unref(worker->child_source);
	fd_close(worker->channel);
	free(worker->result.cause);
	free(worker);
	return NULL;
}

pid_t worker_pid(const struct worker *worker)
{
	return worker->pid;
}

pid_t worker_predecessor(const struct worker *worker)
{
	struct flock lock = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = worker->lock, .l_len = 1
	};
	_cleanup_close_ int fd = openat(worker->run_dir, worker_lock_file, O_RDWR | O_CLOEXEC);

	if (fd < 0 || fcntl(fd, F_GETLK, &lock) < 0 || lock.l_type == F_UNLCK ||
	    lock.l_pid == worker->pid)
		return 0;
	return lock.l_pid;
}

char *worker_describe_failure(const struct vec *steps, const struct worker_result *result)
{
	_cleanup_free_ char *subject = NULL, *detail = NULL;
	const struct step *step;

	if (result->index >= steps->n)
		return str_printf("%s", str_or(result->cause, strerror(-result->error)));
	step = steps->items[result->index];
	subject = step_subject(step);
	detail = step_detail(step);
	return str_printf("step %u of %zu, %s %s%s%s: %s (%s)%s%s", result->index + 1, steps->n,
			  step_kind_to_string(step->kind), str_or(subject, "?"),
			  str_empty(detail) ? "" : " ", str_or(detail, ""),
			  str_or(strerrorname_np(-result->error), "?"), strerror(-result->error),
			  result->cause ? ": " : "", str_or(result->cause, ""));
}
