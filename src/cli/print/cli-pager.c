/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/str.h"
#include "base/strv.h"
#include "cli/print/cli-pager.h"
#include "cli/print/cli-term.h"

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
	 * Quit if one screen is enough, pass colours, end on Ctrl-C, keep the
	 * screen.
	 */
	setenv("LESS", "FRXMK", false);
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
	FILE *kept;

	if (cli->kept || cli->options.no_pager || !pager || cli_term_columns() == 0 ||
	    !cli_pager_can_run(pager))
		return;
	fflush(stdout);
	kept = open_memstream(&cli->output, &cli->output_size);
	if (!kept)
		return;
	cli->kept = stdout;
	stdout = kept;
}

/* Tells whether the output fits the terminal, with a line for the next prompt. */
static bool cli_pager_fits(const struct cli *cli)
{
	const char *end;
	size_t n = 1;

	for (const char *line = cli->output; *line; line = end + 1) {
		_cleanup_free_ char *text = NULL;
		size_t width;

		end = strchrnul(line, '\n');
		text = strndup(line, (size_t)(end - line));
		width = text ? cli_term_visible_width(text) : 0;
		n += width > cli_term_columns() ? (width - 1) / cli_term_columns() + 1 : 1;
		if (!*end)
			break;
	}
	return n <= cli_term_lines();
}

/* Starts the pager. Returns the descriptor for its input, or -1: there is none. */
static int cli_pager_start(pid_t *ret)
{
	const char *pager = cli_pager_choose();
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	if (pid == 0)
		cli_pager_exec(pager, fds[0]);
	fd_close(fds[0]);
	if (pid > 0) {
		*ret = pid;
		return fds[1];
	}
	fd_close(fds[1]);
	return -1;
}

/* Prints @n bytes in the pager. False: it could not be started. */
static bool cli_pager_show(const char *text, size_t n)
{
	pid_t pid;
	int fd = cli_pager_start(&pid);

	if (fd < 0)
		return false;
	/* a pager that the user has left reads no more, and that is no failure */
	signal(SIGPIPE, SIG_IGN);
	while (n > 0) {
		ssize_t written = write(fd, text, n);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			break;
		text += written;
		n -= (size_t)written;
	}
	fd_close(fd);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return true;
}

bool cli_pager_close(struct cli *cli)
{
	FILE *kept = stdout;
	bool failed;

	if (!cli->kept)
		return fflush(stdout) == 0 && !ferror(stdout);
	stdout = cli->kept;
	cli->kept = NULL;
	failed = fclose(kept) != 0;
	if (!failed && (cli_pager_fits(cli) || !cli_pager_show(cli->output, cli->output_size)))
		failed = fwrite(cli->output, 1, cli->output_size, stdout) < cli->output_size;
	free(cli->output);
	cli->output = NULL;
	return !failed && fflush(stdout) == 0 && !ferror(stdout);
}
