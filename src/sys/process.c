/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-login.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/str.h"
#include "base/utf8.h"
#include "sys/process.h"

#define PROCESS_STAT_PARENT 4
#define PROCESS_STAT_START_TIME 22

static bool process_is_gone(int proc_fd)
{
	/* The kernel finds nothing in the directory of a process that has ended. */
	return faccessat(proc_fd, "fd", F_OK, 0) < 0;
}

static int process_read_file(pid_t pid, const char *name, char **ret)
{
	_cleanup_free_ char *path = str_printf("/proc/%d/%s", (int)pid, name);
	int r;

	if (!path)
		return -ENOMEM;
	r = fileio_read_at(AT_FDCWD, path, 65536, ret, NULL);
	return r == -ENOENT ? -ESRCH : r;
}

/* Reads a number of /proc/PID/stat, by its field as in proc_pid_stat(5). */
static int process_read_stat(pid_t pid, int wanted, uint64_t *ret)
{
	_cleanup_free_ char *stat = NULL;
	char *at, *rest = NULL;
	int r;

	r = process_read_file(pid, "stat", &stat);
	if (r < 0)
		return r;
	/* The name may hold anything: count from the last parenthesis, which field 3 follows. */
	at = strrchr(stat, ')');
	if (!at)
		return -EINVAL;
	at = strtok_r(at + 1, " ", &rest);
	for (int field = 3; at && field < wanted; field++)
		at = strtok_r(NULL, " ", &rest);
	return at ? str_parse_u64(at, 10, UINT64_MAX, ret) : -EINVAL;
}

int process_start_time(pid_t pid, uint64_t *ret)
{
	return process_read_stat(pid, PROCESS_STAT_START_TIME, ret);
}

int process_name(pid_t pid, char **ret)
{
	char *name;
	int r;

	r = process_read_file(pid, "comm", &name);
	if (r < 0)
		return r;
	*ret = utf8_clean(str_chomp(name));
	return 0;
}

int process_unit(pid_t pid, char **ret)
{
	int r = sd_pid_get_unit(pid, ret);

	if (r < 0)
		return r;
	utf8_clean(*ret);
	return 0;
}

/*
 * Reads the users of a process. Its directory belongs to root if it may not be looked into, and
 * then root alone may see it (ptrace(2), "Ptrace access mode checking").
 */
static void process_read_users(int proc_fd, struct process_identity *ret)
{
	_cleanup_free_ char *status = NULL;
	unsigned uids[4];
	struct stat st;
	const char *line;

	if (fstat(proc_fd, &st) < 0)
		return;
	ret->uid = st.st_uid;
	if (fileio_read_at(proc_fd, "status", 65536, &status, NULL) < 0)
		return;
	/* the name, in the first line, may hold no line end: it is escaped */
	line = strstr(status, "\nUid:");
	if (!line ||
	    sscanf(line, "\nUid: %u %u %u %u", &uids[0], &uids[1], &uids[2], &uids[3]) != 4)
		return;
	ret->uid = uids[1];
	for (size_t i = 0; i < ARRAY_SIZE(uids); i++)
		if (uids[i] != st.st_uid)
			return;
	ret->owner = st.st_uid;
}

int process_identify(int proc_fd, pid_t pid, struct process_identity *ret)
{
	uint64_t parent;

	process_read_users(proc_fd, ret);
	if (process_name(pid, &ret->name) < 0)
		ret->name = NULL;
	if (process_unit(pid, &ret->unit) < 0)
		ret->unit = NULL;
	if (process_read_stat(pid, PROCESS_STAT_PARENT, &parent) >= 0) {
		ret->parent = (pid_t)parent;
		if (process_name(ret->parent, &ret->parent_name) < 0)
			ret->parent_name = NULL;
	}
	/* Ask this last: only then is what was read before of this process. */
	return process_is_gone(proc_fd) ? -ESRCH : 0;
}

void process_identity_clear(struct process_identity *identity)
{
	free(identity->name);
	free(identity->parent_name);
	free(identity->unit);
	*identity = (struct process_identity){ 0 };
}

char *process_wchan(pid_t pid)
{
	char *wchan;

	if (process_read_file(pid, "wchan", &wchan) < 0)
		return strdup("?");
	return str_chomp(wchan);
}
