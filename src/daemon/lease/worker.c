/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The daemon's side of a worker: it starts the process, reads its messages and watches its
 * deadline. It knows no lease.
 */

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/str.h"
#include "daemon/lease/deadline.h"
#include "daemon/lease/worker-private.h"
#include "sys/state/byte-lock.h"

struct worker {
	const struct vec *steps;
	const struct worker_handlers *handlers;
	void *userdata;
	uint64_t deadline_usec;
	pid_t pid;
	int channel;
	sd_event_source *channel_source, *child_source, *deadline_source;
	int run_dir;
	off_t lock;	  /* the byte that its process locks */
	unsigned current; /* the step that runs now */
	unsigned ended;	  /* the number of steps that have ended */
	bool exited;
	int status; /* exit status, as of waitpid() */
	struct worker_result result;
};

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

	/* Keep the first failure, unless a later one says that no user may have the device. */
	if (step->may_fail || (worker->result.error < 0 && step->kind != STEP_VERIFY_RESET))
		return;
	free(worker->result.cause);
	worker->result.error = message->error;
	worker->result.index = message->index;
	worker->result.cause = str_empty(message->text) ? NULL : strdup(message->text);
}

static void worker_resume(const struct worker *worker)
{
	/* If this fails the worker is gone, and its exit is reported. */
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

/*
 * Handles one message. Returns false if there is none; *ret_eof tells whether the channel has
 * ended.
 */
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

static char *worker_describe_exit(int status)
{
	if (WIFSIGNALED(status))
		return str_printf("the worker process was ended by signal %d (%s)",
				  WTERMSIG(status), strsignal(WTERMSIG(status)));
	return str_printf("the worker process ended with status %d", WEXITSTATUS(status));
}

/* Sets the result of a worker that ended before its last step without a failure: it was killed. */
static void worker_judge_exit(struct worker *worker)
{
	if (worker->result.error < 0)
		return;
	if (worker->ended == worker->steps->n && WIFEXITED(worker->status) &&
	    WEXITSTATUS(worker->status) == 0)
		return;
	worker->result.error = -ECHILD;
	worker->result.index = worker->current;
	worker->result.cause = worker_describe_exit(worker->status);
}

/* Reports the end after both the end of the channel and the exit, which come in any order. */
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

static struct worker *worker_new(const struct worker_plan *plan,
				 const struct worker_handlers *handlers, void *userdata)
{
	struct worker *worker = calloc(1, sizeof(*worker));

	if (!worker)
		return NULL;
	*worker = (struct worker){
		.steps = plan->steps,
		.handlers = handlers,
		.userdata = userdata,
		.deadline_usec = plan->deadline_usec,
		.run_dir = plan->run_dir,
		.lock = byte_lock_offset(plan->name),
		.channel = -EBADF,
		.result.index = (unsigned)plan->steps->n,
	};
	return worker;
}

static int worker_fork(struct worker *worker, const struct worker_plan *plan)
{
	_cleanup_close_ int child_end = -EBADF;
	int channel[2];
	pid_t parent = getpid();

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) < 0)
		return -errno;
	worker->channel = channel[0];
	child_end = channel[1];
	worker->pid = fork();
	if (worker->pid < 0)
		return -errno;
	if (worker->pid == 0)
		worker_child_run(plan, child_end, parent);
	return 0;
}

int worker_start(sd_event *event, const struct worker_plan *plan,
		 const struct worker_handlers *handlers, void *userdata, struct worker **ret)
{
	/*
	 * On failure the process ends at its first message, which has no reader: nothing was done
	 * yet.
	 */
	_cleanup_(worker_freep) struct worker *worker = worker_new(plan, handlers, userdata);
	int r;

	if (!worker)
		return -ENOMEM;
	r = worker_fork(worker, plan);
	if (r < 0)
		return r;
	r = worker_watch(worker, event);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(worker);
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
	pid_t holder = byte_lock_holder(worker->run_dir, worker->lock);

	return holder == worker->pid ? 0 : holder;
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
