/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <systemd/sd-login.h>

#include "cli/bus/cli-agent.h"

#define AGENT_PATH "/usr/bin/pkttyagent"
#define READY_MSEC 30000

/* Root needs no authorization, and the polkit of another host does not know our terminal. */
static bool cli_agent_is_wanted(const struct cli *cli)
{
	const struct cli_options *o = &cli->options;

	return !o->no_ask_password && !o->host && !o->machine && geteuid() != 0 &&
	       isatty(STDIN_FILENO) && isatty(STDERR_FILENO) && access(AGENT_PATH, X_OK) == 0;
}

/*
 * Tells whether this process belongs to a login session. A session may have an agent of its own,
 * such as the desktop's, and ours is then a fallback. Outside of a session polkit ignores fallback
 * agents (measured with polkit 122).
 */
static bool cli_agent_has_session(void)
{
	_cleanup_free_ char *session = NULL;

	return sd_pid_get_session(0, &session) >= 0;
}

static _Noreturn void cli_agent_exec(int ready, pid_t parent)
{
	char number[16];

	/* The agent authenticates for this process alone: it ends together with it. */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != parent)
		_exit(EXIT_FAILURE);
	snprintf(number, sizeof(number), "%d", ready);
	if (fcntl(ready, F_SETFD, 0) == 0)
		execl(AGENT_PATH, AGENT_PATH, "--notify-fd", number,
		      cli_agent_has_session() ? "--fallback" : NULL, (char *)NULL);
	_exit(EXIT_FAILURE);
}

/* Waits until the agent closes its end: it is registered with polkit, or has ended. */
static void cli_agent_wait_ready(int ready)
{
	struct pollfd fd = { .fd = ready };

	while (poll(&fd, 1, READY_MSEC) < 0 && errno == EINTR)
		;
}

void cli_agent_open(struct cli *cli)
{
	pid_t parent = getpid();
	int ready[2];

	if (cli->agent > 0 || !cli_agent_is_wanted(cli) || pipe2(ready, O_CLOEXEC) < 0)
		return;
	cli->agent = fork();
	if (cli->agent == 0)
		cli_agent_exec(ready[1], parent);
	close(ready[1]);
	if (cli->agent > 0)
		cli_agent_wait_ready(ready[0]);
	close(ready[0]);
}

void cli_agent_close(struct cli *cli)
{
	if (cli->agent <= 0)
		return;
	kill(cli->agent, SIGTERM);
	kill(cli->agent, SIGCONT); /* a stopped agent handles SIGTERM only when it continues */
	while (waitpid(cli->agent, NULL, 0) < 0 && errno == EINTR)
		;
	cli->agent = 0;
}
