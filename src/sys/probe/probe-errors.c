/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "policy/devinfo/pcicap.h"
#include "sys/probe/probe-errors.h"

#define DPC_STATUS 8 /* offset in the capability */
#define DPC_TRIGGERED 0x1

/*
 * arch/powerpc/include/asm/eeh.h. eeh_pe_state is "0x78 0x800": the firmware's bits, the kernel's.
 */
#define EEH_UNAVAILABLE 0x01
#define EEH_ACTIVE 0x18 /* both MMIO and DMA */
#define EEH_PE_ISOLATED 0x01
#define EEH_PE_RECOVERING 0x02
#define EEH_PE_REMOVED 0x400

/* --- AER --- */

/*
 * Reads "TOTAL_ERR_COR 3", which stands at the end of a file that lists each kind of error. Returns
 * false where there is none.
 */
static bool probe_errors_read_aer_total(int dir_fd, const char *name, uint64_t *ret)
{
	_cleanup_free_ char *text = NULL;
	const char *total;

	if (sysfs_read_optional(dir_fd, name, &text) < 0 || !text)
		return false;
	total = strstr(text, "TOTAL_ERR_");
	total = total ? strchr(total, ' ') : NULL;
	if (!total)
		return false;
	*ret = strtoull(total, NULL, 10);
	return true;
}

static void probe_errors_read_aer(int dir_fd, struct device_errors *ret)
{
	ret->counted =
		probe_errors_read_aer_total(dir_fd, "aer_dev_correctable", &ret->correctable);
	probe_errors_read_aer_total(dir_fd, "aer_dev_nonfatal", &ret->nonfatal);
	probe_errors_read_aer_total(dir_fd, "aer_dev_fatal", &ret->fatal);
}

static uint64_t probe_errors_port_fatal(int dir_fd)
{
	unsigned long long seen;
	uint64_t own = 0;

	probe_errors_read_aer_total(dir_fd, "aer_dev_fatal", &own);
	if (sysfs_read_number(dir_fd, "aer_rootport_total_err_fatal", 10, &seen) < 0)
		seen = 0; /* only a root port has the attribute */
	return own + seen;
}

/* --- what cuts a device off --- */

/* Tells whether a port is awake. One that sleeps contains nothing, and reading would wake it. */
static bool probe_errors_is_awake(int dir_fd)
{
	_cleanup_free_ char *power = NULL;

	return sysfs_read_optional(dir_fd, "power_state", &power) >= 0 &&
	       (!power || str_eq(power, "D0") || str_eq(power, "unknown"));
}

static bool probe_errors_dpc_triggered(int dir_fd, const struct device *port)
{
	int at = pcicap_find_ext(port, PCICAP_EXT_DPC);
	_cleanup_close_ int fd = -EBADF;
	uint8_t status[2];

	if (at <= 0 || !probe_errors_is_awake(dir_fd))
		return false;
	fd = openat(dir_fd, "config", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || pread(fd, status, sizeof(status), at + DPC_STATUS) != sizeof(status))
		return false;
	/* All ones: the port itself does not answer. */
	return !(status[0] == 0xff && status[1] == 0xff) && status[0] & DPC_TRIGGERED;
}

/*
 * Reads the state of EEH. A slot that was given up once stays so until the next boot, for every
 * device that is plugged in later: such a device works, and recovers no more.
 */
static void probe_errors_read_eeh(int dir_fd, struct device_errors *ret)
{
	_cleanup_free_ char *text = NULL;
	unsigned firmware, kernel;

	if (sysfs_read_optional(dir_fd, "eeh_pe_state", &text) < 0 || !text ||
	    sscanf(text, "%x %x", &firmware, &kernel) != 2)
		return;
	/* The file of a new device appears after the device. */
	if (!ret->eeh_known)
		ret->given_up = kernel & EEH_PE_REMOVED;
	ret->eeh_known = true;
	ret->quiet = !(kernel & EEH_PE_RECOVERING) || ret->given_up;
	ret->contained = firmware & EEH_UNAVAILABLE || (firmware & EEH_ACTIVE) != EEH_ACTIVE ||
			 kernel & EEH_PE_ISOLATED || (kernel & EEH_PE_REMOVED && !ret->given_up);
}

/* --- both --- */

void probe_errors_init(int dir_fd, struct device *device)
{
	struct device_errors *errors = &device->errors;

	probe_errors_read_aer(dir_fd, errors);
	device->eeh = faccessat(dir_fd, "eeh_pe_state", F_OK, 0) == 0;
	probe_errors_read_eeh(dir_fd, errors);
	if (errors->contained)
		errors->state = ERROR_FROZEN;
	else if (errors->correctable > 0)
		errors->state = ERROR_CORRECTABLE;
}

static int probe_errors_read_port(const struct sysfs_root *root, const struct device *port,
				  struct device_errors *ret)
{
	_cleanup_close_ int fd = sysfs_open_device(root, port->bus, port->address);

	if (fd < 0)
		return fd == -ENOMEM ? fd : 0;
	ret->fatal_above += probe_errors_port_fatal(fd);
	ret->contained |= probe_errors_dpc_triggered(fd, port);
	return 0;
}

int probe_errors(const struct sysfs_root *root, const struct inventory *inv,
		 const struct device *device, struct device_errors *ret)
{
	struct device_errors errors = { .state = ret->state,
					.above_known = true,
					.eeh_known = ret->eeh_known,
					.given_up = ret->given_up };
	_cleanup_close_ int fd = sysfs_open_device(root, device->bus, device->address);
	const struct device *port = device;

	if (fd < 0)
		return fd == -ENOMEM ? fd : 0;
	probe_errors_read_aer(fd, &errors);
	probe_errors_read_eeh(fd, &errors);
	while (port->parent && (port = inventory_find(inv, port->parent))) {
		int r = probe_errors_read_port(root, port, &errors);

		if (r < 0)
			return r;
	}
	*ret = errors;
	return 0;
}
