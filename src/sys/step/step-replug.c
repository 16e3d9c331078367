/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Does what unplugging and replugging a card does. The kernel forgets a function, finds it again
 * behind its port, assigns its addresses again and sets up its link. An error may have lost all of
 * that (plan_release_replug_lost()).
 */

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "sys/step/step-runner.h"

#define AT_BARS 0x10
#define BARS 6

/* IORESOURCE_* of the kernel, in the third column of "resource". */
#define RESOURCE_PORTS 0x100
#define RESOURCE_MEMORY 0x200
#define RESOURCE_UNSET 0x20000000

static bool step_replug_bar_is_at(const uint8_t *bar, unsigned long long start,
				  unsigned long long flags)
{
	uint32_t low;

	memcpy(&low, bar, sizeof(low));
	low = le32toh(low) & (flags & RESOURCE_PORTS ? ~0x3U : ~0xfU);
	return low == (uint32_t)start;
}

/*
 * Tells whether each BAR holds the address that the kernel assigned. Compares only the lower
 * halves, which is enough to see that all is lost.
 */
static bool step_replug_bars_are_set(const char *resources, const uint8_t *bars)
{
	const char *line = resources;

	for (unsigned i = 0; i < BARS && line && *line; i++) {
		unsigned long long start, end, flags;

		if (sscanf(line, "%llx %llx %llx", &start, &end, &flags) == 3 &&
		    flags & (RESOURCE_PORTS | RESOURCE_MEMORY) && !(flags & RESOURCE_UNSET) &&
		    !step_replug_bar_is_at(bars + 4 * i, start, flags))
			return false;
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	return true;
}

/* Returns 1 if configuration space is as the kernel left it, 0 if not, or negative errno. */
static int step_replug_check_config(int dir_fd)
{
	_cleanup_close_ int fd = openat(dir_fd, "config", O_RDONLY | O_CLOEXEC);
	_cleanup_free_ char *resources = NULL;
	uint8_t bars[4 * BARS];
	int r = sysfs_read(dir_fd, "resource", &resources);

	if (r < 0)
		return r;
	if (fd < 0 || pread(fd, bars, sizeof(bars), AT_BARS) != sizeof(bars))
		return -EIO;
	return step_replug_bars_are_set(resources, bars);
}

/*
 * Opens the bridge above the function. The function's directory was opened at its place in the
 * tree, so ".." is that bridge.
 */
static int step_replug_open_port(int dir_fd)
{
	int fd = openat(dir_fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int step_replug_rescan(struct step_runner *runner, const struct step *step, int port_fd,
			      char **ret_cause)
{
	_cleanup_close_ int dir_fd = -EBADF;
	int r;

	r = sysfs_write(port_fd, "rescan", "1");
	if (r < 0)
		return step_runner_fail(r, ret_cause,
					strdup("the port above it cannot be rescanned"));
	dir_fd = step_runner_open_device(runner, step);
	if (dir_fd == -ENOENT)
		return step_runner_fail(-ENODEV, ret_cause,
					strdup("the kernel does not find it again"));
	if (dir_fd < 0)
		return dir_fd;
	r = step_replug_check_config(dir_fd);
	if (r < 0)
		return r;
	if (r == 0)
		return step_runner_fail(
			-EIO, ret_cause,
			strdup("its BARs do not hold the addresses that the kernel assigned"));
	return 0;
}

int step_replug(struct step_runner *runner, const struct step *step, char **ret_cause)
{
	_cleanup_close_ int dir_fd = step_runner_open_device(runner, step), port_fd = -EBADF;
	int r;

	if (dir_fd < 0)
		return dir_fd;
	r = step_replug_check_config(dir_fd);
	if (r < 0)
		return r;
	if (r > 0 && !str_eq(step->value, "always"))
		return 1;
	port_fd = step_replug_open_port(dir_fd);
	if (port_fd < 0)
		return port_fd;
	r = sysfs_write(dir_fd, "remove", "1");
	if (r < 0)
		return r;
	return step_replug_rescan(runner, step, port_fd, ret_cause);
}
