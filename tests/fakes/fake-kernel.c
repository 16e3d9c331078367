/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Speaks to the fake kernel for a shell, whose own echo and printf it cannot see.
 *
 *	fake-kernel write PATH VALUE	writes to an attribute: "sys/bus/pci/rescan".
 *	fake-kernel boot		binds the devices that .kernel/boot lists.
 *	fake-kernel modprobe NAME	loads a module; rmmod unloads it.
 *	fake-kernel advance SECONDS	moves the clock of the daemon on.
 *	fake-kernel speed N		lets it run N times as fast.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

static int fake_kernel_fail(const char *what, const char *about, int r)
{
	fprintf(stderr, "fake-kernel: cannot %s %s: %s\n", what, about, strerror(-r));
	return EXIT_FAILURE;
}

static int fake_kernel_boot(void)
{
	FILE *list = fopen(kernel_path(".kernel/boot"), "re");
	char bus[NAME_MAX + 1], address[NAME_MAX + 1], driver[NAME_MAX + 1];
	int r = 0;

	kernel_clock_change(0, 1);
	while (list && r >= 0 && fscanf(list, "%255s %255s %255s", bus, address, driver) == 3)
		r = kernel_driver_bind(bus, driver, address);
	if (list)
		fclose(list);
	return r < 0 ? fake_kernel_fail("bind", address, r) : EXIT_SUCCESS;
}

static int fake_kernel_write(const char *path, const char *value)
{
	char resolved[PATH_MAX], line[KERNEL_TEXT];
	ssize_t r;

	if (!realpath(kernel_path("%s", path), resolved))
		return fake_kernel_fail("find", path, -errno);
	snprintf(line, sizeof(line), "%s\n", value); /* as echo does */
	r = kernel_attr_write(resolved + strlen(kernel_root) + 1, line, strlen(line));
	return r < 0 ? fake_kernel_fail("write", path, (int)r) : EXIT_SUCCESS;
}

static int fake_kernel_modprobe(const char *name)
{
	int r = kernel_driver_load(name);

	return r < 0 ? fake_kernel_fail("load", name, r) : EXIT_SUCCESS;
}

static int fake_kernel_rmmod(const char *name)
{
	int r = kernel_driver_unload(name);

	return r < 0 ? fake_kernel_fail("unload", name, r) : EXIT_SUCCESS;
}

static int fake_kernel_clock(int64_t by_seconds, int64_t speed)
{
	kernel_clock_change(by_seconds, speed);
	kernel_clock_wake();
	return EXIT_SUCCESS;
}

int main(int argc, char *argv[])
{
	if (!kernel_root)
		return fake_kernel_fail("use", "DEVGROUPS_FAKE_ROOT", -ENOENT);
	if (argc == 2 && strcmp(argv[1], "boot") == 0)
		return fake_kernel_boot();
	if (argc == 3 && strcmp(argv[1], "modprobe") == 0)
		return fake_kernel_modprobe(argv[2]);
	if (argc == 3 && strcmp(argv[1], "rmmod") == 0)
		return fake_kernel_rmmod(argv[2]);
	if (argc == 3 && strcmp(argv[1], "advance") == 0)
		return fake_kernel_clock(atoll(argv[2]), 0);
	if (argc == 3 && strcmp(argv[1], "speed") == 0)
		return fake_kernel_clock(0, atoll(argv[2]));
	if (argc == 4 && strcmp(argv[1], "write") == 0)
		return fake_kernel_write(argv[2], argv[3]);
	fputs("usage: fake-kernel boot | write PATH VALUE | modprobe NAME | rmmod NAME | advance "
	      "SECONDS | "
	      "speed N\n",
	      stderr);
	return 2;
}
