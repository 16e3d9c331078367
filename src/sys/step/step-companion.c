/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Keeps host drivers of EHCI controllers away while a companion is on a VFIO driver (device.h says
 * why).
 */

#include <errno.h>

#include "base/str.h"
#include "model/device.h"
#include "model/pciaddr.h"
#include "policy/plan/vfio-choice.h"
#include "sys/step/step-runner.h"

/*
 * Opens the directory of a function, and reads its class. Returns a descriptor or negative errno:
 * -ENOENT if there is no such function.
 */
static int step_companion_open_function(const struct step_runner *runner,
					const struct pciaddr *addr, uint32_t *ret_class)
{
	_cleanup_close_ int fd = -EBADF;
	unsigned long long class_code;
	char address[PCIADDR_SIZE];
	int r;

	fd = sysfs_open_device(runner->root, "pci", pciaddr_format(addr, address));
	if (fd < 0)
		return fd;
	r = sysfs_read_number(fd, "class", 16, &class_code);
	if (r < 0)
		return r;
	*ret_class = (uint32_t)class_code;
	return TAKE_FD(fd);
}

/*
 * Finds the VFIO driver of a companion. *ret is NULL if it is no companion, or on another driver.
 */
static int step_companion_find_driver(const struct step_runner *runner, const struct pciaddr *addr,
				      char **ret)
{
	uint32_t class_code = 0;
	_cleanup_close_ int fd = step_companion_open_function(runner, addr, &class_code);
	_cleanup_free_ char *driver = NULL;
	int r;

	*ret = NULL;
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	if (!device_class_is_usb_companion(class_code))
		return 0;
	r = sysfs_read_link(fd, "driver", &driver);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (vfio_choice_is_vfio(driver))
		*ret = TAKE_PTR(driver);
	return 0;
}

static int step_companion_check_function(const struct step_runner *runner,
					 const struct pciaddr *addr, char **ret_cause)
{
	_cleanup_free_ char *driver = NULL;
	char companion[PCIADDR_SIZE];
	int r;

	r = step_companion_find_driver(runner, addr, &driver);
	if (r < 0 || !driver)
		return r;
	return step_runner_fail(-EBUSY, ret_cause,
				str_printf("its companion %s is on %s, and the kernel would write "
					   "into data of that driver; unbind the companion first",
					   pciaddr_format(addr, companion), driver));
}

int step_companion_check(struct step_runner *runner, const struct step *step, char **ret_cause)
{
	_cleanup_close_ int fd = -EBADF;
	uint32_t class_code;
	struct pciaddr addr;
	unsigned own;

	if (!str_eq(step->bus, "pci") || vfio_choice_is_vfio(step->value) ||
	    pciaddr_parse(step->address, &addr) < 0)
		return 0;
	fd = step_companion_open_function(runner, &addr, &class_code);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	if (!device_class_is_ehci(class_code))
		return 0;
	own = addr.function;
	for (addr.function = 0; addr.function < 8; addr.function++) {
		int r;

		if (addr.function == own)
			continue;
		r = step_companion_check_function(runner, &addr, ret_cause);
		if (r < 0)
			return r;
	}
	return 0;
}
