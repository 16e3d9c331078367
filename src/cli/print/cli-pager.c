/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/str.h"
#include "base/strv.h"
#include "cli/print/cli-pager.h"

/* Returns the command of the pager; NULL: none. */
static const char *cli_pager_choose(void)
{
	const char *pager = getenv("DEVGROUPS_PAGER");

	/* A user of sudo must not make root run a program of the user's choice. */
	if (getenv("SUDO_UID"))
		return "less";
	if (!pager)
		pager = getenv("PAGER");
	if (!pager)
		return "less";
	return str_empty(pager) || str_eq(pager, "cat") ? NULL : pager;
}

static _Noreturn void cli_pager_exec(const char *pager, int from)
{
	if (dup2(from, STDIN_FILENO) < 0)
		_exit(EXIT_FAILED);
	/*
	 * Quit if one screen is enough, pass colours, chop long lines, end on Ctrl-C, keep the
	 * screen.
	 */
	setenv("LESS", "FRSXMK", false);
	if (getenv("SUDO_UID"))
		setenv("LESSSECURE", "1", true);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	execl("/bin/sh", "sh", "-c", pager, NULL);
	_exit(EXIT_FAILED);
}

/*
 * Tells whether the program of @pager exists. Without it the shell would fail after the start, and
 * the output would be lost.
 */
static bool cli_pager_can_run(const char *pager)
{
	_cleanup_strv_ char **words = NULL, **places = NULL;

	if (strv_split(pager, " \t", &words) < 0 || !words)
		return false;
	if (strchr(words[0], '/'))
		return access(words[0], X_OK) == 0;
	if (strv_split(str_or(getenv("PATH"), "/usr/bin:/bin"), ":", &places) < 0)
		return false;
	STRV_FOREACH(place, places) {
		_cleanup_free_ char *path = str_printf("%s/%s", *place, words[0]);

		if (path && access(path, X_OK) == 0)
			return true;
	}
	return false;
}

void cli_pager_open(struct cli *cli)
{
	const char *pager = cli_pager_choose();
	int fds[2];

	if (cli->pager || cli->options.no_pager || !pager || !isatty(STDOUT_FILENO) ||
	    !cli_pager_can_run(pager) || pipe2(fds, O_CLOEXEC) < 0)
		return;
	fflush(stdout);
	cli->pager = fork();
	if (cli->pager == 0)
		cli_pager_exec(pager, fds[0]);
	if (cli->pager > 0 && dup2(fds[1], STDOUT_FILENO) < 0)
		fprintf(stderr, "devgroupctl: cannot use the pager: %s\n", strerror(errno));
	if (cli->pager < 0)
		cli->pager = 0;
	fd_close(fds[0]);
	fd_close(fds[1]);
}

void cli_pager_close(struct cli *cli)
{
	if (!cli->pager)
		return;
	fclose(stdout);
	while (waitpid(cli->pager, NULL, 0) < 0 && errno == EINTR)
		;
	cli->pager = 0;
}
