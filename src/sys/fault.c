/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/fileio.h"
#include "base/str.h"
#include "sys/fault.h"

static const char *directory, *current_verb, *current_group;
static int error_after; /* result of the current operation for fault_after(); 0: its own */
static bool driver_override_hidden;

void fault_use_directory(const char *path)
{
	directory = path;
}

void fault_begin(const char *verb, const char *group)
{
	current_verb = verb;
	current_group = group;
}

static int fault_parse_errno(const char *name)
{
	for (int number = 1; number < 4096; number++)
		if (str_eq(strerrorname_np(number), name))
			return number;
	return EIO;
}

static char *fault_file_path(const char *group, const char *suffix)
{
	return str_printf("%s/%s.%s", directory, group, suffix);
}

static void fault_write_trace(const char *verb, const char *group, const char *operation,
			      const char *subject, const char *action)
{
	_cleanup_free_ char *path = fault_file_path(group, "trace");
	_cleanup_free_ char *line = str_printf("%s %s %s%s%s\n", verb, operation, subject,
					       action ? " ! " : "", str_or(action, ""));
	_cleanup_close_ int fd = -EBADF;

	if (!path || !line)
		return;
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0)
		(void)(fileio_write_all(fd, line, strlen(line)) < 0);
}

/* Waits until the test closes the FIFO. */
static void fault_wait_for_fifo(const char *group)
{
	_cleanup_free_ char *path = fault_file_path(group, "fifo");
	_cleanup_close_ int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -EBADF;
	char byte;

	while (fd >= 0 && read(fd, &byte, 1) > 0)
		;
}

static int fault_act(const char *action, const char *group)
{
	if (str_eq(action, "kill"))
		(void)raise(SIGKILL);
	else if (str_eq(action, "pause"))
		fault_wait_for_fifo(group);
	else if (str_starts(action, "then-"))
		error_after = -fault_parse_errno(action + strlen("then-"));
	else
		return -fault_parse_errno(action);
	return 0;
}

/* Tells whether an operation only reads: such an operation cannot be done and fail. */
static bool fault_is_read_only(const char *operation)
{
	static const char *const looks[] = {
		"open", "read", "readlink", "look", "lock", "refresh"
	};

	for (size_t i = 0; i < ARRAY_SIZE(looks); i++)
		if (str_eq(operation, looks[i]))
			return true;
	return false;
}

/* Counts an operation. Returns true if it is the one to act on; *ret is then the action. */
static bool fault_count_down(const char *path, const char *operation, char **ret)
{
	_cleanup_free_ char *text = NULL, *rest = NULL;
	char *action;
	unsigned n;

	if (fileio_read_at(AT_FDCWD, path, 256, &text, NULL) < 0)
		return false;
	action = strchr(str_chomp(text), ' ');
	if (!action)
		return false;
	*action++ = '\0';
	if (str_parse_uint(text, &n) < 0 || n == 0)
		return false;
	if (str_starts(action, "then-") && fault_is_read_only(operation))
		return false;
	if (n == 1) {
		*ret = strdup(action);
		return unlink(path) == 0 && *ret;
	}
	rest = str_printf("%u %s\n", n - 1, action);
	if (rest)
		(void)(fileio_write_atomic_at(AT_FDCWD, path, rest, strlen(rest), 0600) < 0);
	return false;
}

static int fault_run_point(const char *verb, const char *group, const char *operation,
			   const char *subject)
{
	_cleanup_free_ char *path = fault_file_path(group, verb), *action = NULL;

	if (!path || !fault_count_down(path, operation, &action)) {
		fault_write_trace(verb, group, operation, subject, NULL);
		return 0;
	}
	fault_write_trace(verb, group, operation, subject, action);
	return fault_act(action, group);
}

int fault_point(const char *operation, const char *subject)
{
	error_after = 0;
	if (!directory || !current_group)
		return 0;
	return fault_run_point(current_verb, current_group, operation, subject);
}

int fault_after(int r)
{
	int error = error_after;

	error_after = 0;
	return error < 0 ? error : r;
}

int fault_ioctl(int fd, unsigned long request, const char *name, const void *argument)
{
	int r = fault_point("ioctl", name);

	if (r < 0)
		return r;
	r = ioctl(fd, request, argument);
	return fault_after(r < 0 ? -errno : r);
}

int fault_record(const char *operation, const char *group)
{
	if (!directory)
		return 0;
	return fault_run_point("record", group, operation, "");
}

void fault_hide_driver_override(void)
{
	driver_override_hidden = true;
}

bool fault_hides_driver_override(void)
{
	return driver_override_hidden;
}
