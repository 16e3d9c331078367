/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Disables an NVMe controller that does not survive a reset of its function while it runs. */

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "sys/fault.h"
#include "sys/step/step-runner.h"

/* Registers of the controller in BAR 0: NVM Express base specification, section 3.1. */
#define NVME_CAP 0x00
#define NVME_CC 0x14
#define NVME_CSTS 0x1c
#define NVME_SIZE 0x20
#define CC_ENABLE 0x0001u
#define CC_SHUTDOWN 0xc000u
#define CSTS_READY 0x1u
#define CAP_TIMEOUT(cap) ((cap) >> 24 & 0xff) /* in units of 500 ms */

#define AT_COMMAND 4
#define COMMAND_MEMORY 0x2
#define CLASS_NVME 0x010802

static int step_nvme_set_command(int dir_fd, uint16_t or_this, uint16_t *ret_was)
{
	_cleanup_close_ int fd = -EBADF;
	uint16_t command;
	int r = fault_point("write", "config");

	if (r < 0)
		return r;
	fd = openat(dir_fd, "config", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (pread(fd, &command, sizeof(command), AT_COMMAND) != sizeof(command))
		return -EIO;
	*ret_was = command;
	command |= or_this;
	return fault_after(
		pwrite(fd, &command, sizeof(command), AT_COMMAND) == sizeof(command) ? 0 : -EIO);
}

static void step_nvme_restore_command(int dir_fd, uint16_t command)
{
	_cleanup_close_ int fd = openat(dir_fd, "config", O_WRONLY | O_CLOEXEC);

	/* The reset that follows restores it as well. */
	if (fd >= 0)
		(void)(pwrite(fd, &command, sizeof(command), AT_COMMAND) < 0);
}

static volatile uint32_t *step_nvme_register(void *registers, size_t offset)
{
	return (volatile uint32_t *)((char *)registers + offset);
}

/*
 * Clears only the enable bit. A shutdown notification would complete commands into queues that have
 * no owner any more.
 */
static int step_nvme_clear_enable(void *registers, char **ret_cause)
{
	unsigned tries = (CAP_TIMEOUT(*step_nvme_register(registers, NVME_CAP)) + 1) *
			 5; /* of 100 ms each */
	uint32_t control = *step_nvme_register(registers, NVME_CC);

	if (control == UINT32_MAX)
		return step_runner_fail(-EIO, ret_cause,
					strdup("its NVMe registers read as all ones"));
	if (!(control & CC_ENABLE))
		return 0;
	*step_nvme_register(registers, NVME_CC) = control & ~(CC_ENABLE | CC_SHUTDOWN);
	for (; *step_nvme_register(registers, NVME_CSTS) & CSTS_READY; tries--) {
		if (tries == 0)
			return step_runner_fail(
				-ETIMEDOUT, ret_cause,
				strdup("its NVMe controller stays ready after it was disabled"));
		nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
	}
	return 0;
}

static int step_nvme_disable_mapped(int dir_fd, char **ret_cause)
{
	_cleanup_close_ int fd = openat(dir_fd, "resource0", O_RDWR | O_SYNC | O_CLOEXEC);
	void *registers;
	int r;

	if (fd < 0)
		return -errno;
	registers = mmap(NULL, NVME_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (registers == MAP_FAILED)
		return -errno;
	r = step_nvme_clear_enable(registers, ret_cause);
	munmap(registers, NVME_SIZE);
	return r;
}

int step_nvme_disable(int dir_fd, char **ret_cause)
{
	unsigned long long class_code;
	uint16_t command = 0;
	int r;

	r = sysfs_read_number(dir_fd, "class", 16, &class_code);
	if (r < 0)
		return r;
	if (class_code != CLASS_NVME)
		return 0;
	r = step_nvme_set_command(dir_fd, COMMAND_MEMORY, &command);
	if (r < 0)
		return r;
	/* Restore the command register in both cases. */
	r = step_nvme_disable_mapped(dir_fd, ret_cause);
	step_nvme_restore_command(dir_fd, command);
	return r;
}
