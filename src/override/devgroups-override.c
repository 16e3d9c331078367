/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * devgroups-override, which the udev rule runs for each PCI device that appears. Sets
 * driver_override on the members of groups with "bind": "boot", so that no host driver that is
 * loaded later takes them. It needs no daemon and reads little: an index, and what sysfs has of the
 * device and its IOMMU group.
 */

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <string.h>

#include "base/dir.h"
#include "base/fileio.h"
#include "base/str.h"
#include "model/boot-index.h"
#include "model/config/config-dirs.h"
#include "policy/assess/resolve.h"
#include "policy/plan/vfio-choice.h"
#include "sys/probe/probe-device.h"

/* Both are below the root. Only an initramfs has the second one. */
#define RUN_INDEX "run/devgroups/boot-index"
#define INITRAMFS_INDEX "usr/lib/devgroups/boot-index"

struct arguments {
	const char *root, *index, *output;
	bool all, build;
	char **words;
};

static void override_print_error(const char *what, const char *which, int error)
{
	fprintf(stderr, "devgroups-override: %s%s%s: %s\n", what, which ? " " : "",
		str_or(which, ""), strerror(-error));
}

/* --- what is to be bound --- */

static DEFINE_VEC_CLEAR(override_defs_clear, struct group_def, group_def_free)

static int override_read_index(int dir_fd, const char *path, struct vec *ret_defs)
{
	_cleanup_free_ char *text = NULL;
	int r;

	r = fileio_read_at(dir_fd, path, BOOT_INDEX_MAX, &text, NULL);
	if (r < 0)
		return r;
	return boot_index_parse(text, ret_defs);
}

/* Ignores a file with an error: the daemon reports it. */
static int override_build_index(char *const *directories, char **ret_text)
{
	_cleanup_def_set_ struct def_set *config = NULL;
	int r;

	r = config_dirs_load((const char *const *)directories, &config);
	if (r < 0)
		return r;
	return boot_index_format(&config->groups, ret_text);
}

/* Makes the index, if no other instance has. It need not be saved: /run may still be read-only. */
static int override_make_index(struct vec *ret_defs)
{
	_cleanup_free_ char *text = NULL;
	int r = override_build_index(NULL, &text);

	if (r < 0)
		return r;
	if (fileio_mkdir_parents("/run/devgroups", 0755) >= 0)
		(void)(fileio_write_atomic_at(AT_FDCWD, "/" RUN_INDEX, text, strlen(text), 0644) <
		       0);
	return boot_index_parse(text, ret_defs);
}

static int override_load_defs(const struct arguments *arguments, const struct sysfs_root *root,
			      struct vec *ret_defs)
{
	static const char *const places[] = { RUN_INDEX, INITRAMFS_INDEX };

	if (arguments->index)
		return override_read_index(AT_FDCWD, arguments->index, ret_defs);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		int r = override_read_index(root->fd, places[i], ret_defs);

		/* An index of another version counts as missing. */
		if (r != -ENOENT && r != -EINVAL)
			return r;
	}
	return arguments->root ? -ENOENT : override_make_index(ret_defs);
}

/* --- as much of the host as matters --- */

/* Adds a device, and the bridges above it, which a path selector needs. Skips one that vanishes. */
static int override_add_device(const struct sysfs_root *root, struct inventory *inv,
			       const char *address)
{
	_cleanup_device_ struct device *device = NULL;
	_cleanup_close_ int fd = -EBADF;
	_cleanup_free_ char *parent = NULL;
	int r;

	if (inventory_find(inv, address))
		return 0;
	r = probe_device_read(root, "pci", address, &device, &fd);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = str_set(&parent, device->parent);
	if (r < 0)
		return r;
	r = inventory_put(inv, device);
	if (r < 0)
		return r;
	TAKE_PTR(device);
	return parent ? override_add_device(root, inv, parent) : 0;
}

/* Adds every PCI function that a directory of sysfs names. */
static int override_add_devices_in(const struct sysfs_root *root, struct inventory *inv,
				   const char *path)
{
	_cleanup_closedir_ DIR *dir = NULL;
	int r;

	r = sysfs_root_list(root, path, &dir);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	DIR_FOREACH(name, dir) {
		struct pciaddr addr;

		if (pciaddr_parse(name, &addr) < 0)
			continue;
		r = override_add_device(root, inv, name);
		if (r < 0)
			return r;
	}
	return 0;
}

static int override_add_iommu_group(const struct sysfs_root *root, struct inventory *inv,
				    const char *address)
{
	_cleanup_free_ char *path = NULL;
	const struct device *device;
	int r = override_add_device(root, inv, address);

	if (r < 0)
		return r;
	device = inventory_find(inv, address);
	if (!device || device->iommu_group < 0)
		return 0;
	path = str_printf("sys/kernel/iommu_groups/%d/devices", device->iommu_group);
	return path ? override_add_devices_in(root, inv, path) : -ENOMEM;
}

/* --- what is done --- */

static int override_set_driver(const struct sysfs_root *root, const struct device *device,
			       const char *driver)
{
	_cleanup_free_ char *path =
		str_printf("sys/bus/pci/devices/%s/driver_override", device->address);
	_cleanup_free_ char *line = str_printf("%s\n", driver);
	_cleanup_free_ char *present = str_printf("sys/bus/pci/drivers/%s", driver);
	int r;

	if (!path || !line || !present)
		return -ENOMEM;
	r = sysfs_write(root->fd, path, line);
	if (r < 0)
		return r;
	/* A driver that is loaded already has looked at the device, and does not do so again. */
	if (!device->driver && faccessat(root->fd, present, F_OK, 0) == 0)
		return sysfs_write(root->fd, "sys/bus/pci/drivers_probe", device->address);
	return 0;
}

static void override_bind_member(const struct sysfs_root *root, const struct device *device,
				 const struct group_def *def)
{
	const char *driver = vfio_choice_driver(device, def);
	int r;

	if (device_is_bridge(device) || !driver || str_eq(device->driver_override, driver))
		return;
	if (device->driver_override) {
		fprintf(stderr, "devgroups-override: %s keeps its driver_override %s\n",
			device->address, device->driver_override);
		return;
	}
	r = override_set_driver(root, device, driver);
	if (r < 0)
		override_print_error("cannot set the driver_override of", device->address, r);
}

/* Tells whether another card is in the place of the intended one: then the group is left alone. */
static bool override_is_wrong_device(const struct resolved_group *resolved)
{
	VEC_FOREACH(const struct blocker, blocker, &resolved->blockers)
		if (str_eq(blocker->code, "identity-mismatch"))
			return true;
	return false;
}

/*
 * Binds all groups if @device is NULL. Otherwise binds the groups of @device, and prints its driver
 * for the udev rule.
 */
static int override_bind_groups(const struct sysfs_root *root, const struct inventory *inv,
				const struct vec *defs, const struct device *device,
				bool *ret_bound)
{
	VEC_FOREACH(const struct group_def, def, defs) {
		_cleanup_resolved_group_ struct resolved_group resolved = { 0 };
		int r;

		r = resolve_group(inv, def, &resolved);
		if (r < 0)
			return r;
		if (device && !resolved_group_has(&resolved, device))
			continue;
		if (override_is_wrong_device(&resolved))
			continue;
		VEC_FOREACH(const struct device, member, &resolved.devices)
			override_bind_member(root, member, def);
		if (device && !device_is_bridge(device))
			puts(vfio_choice_driver(device, def));
		*ret_bound = true;
	}
	return 0;
}

static int override_bind_one(const struct sysfs_root *root, struct inventory *inv,
			     const struct vec *defs, const char *address, bool *ret_bound)
{
	const struct device *device;
	int r;

	r = override_add_iommu_group(root, inv, address);
	if (r < 0)
		return r;
	device = inventory_find(inv, address);
	if (!device)
		return 0;
	return override_bind_groups(root, inv, defs, device, ret_bound);
}

static int override_bind_all(const struct sysfs_root *root, struct inventory *inv,
			     const struct vec *defs, bool *ret_bound)
{
	int r;

	r = override_add_devices_in(root, inv, "sys/bus/pci/devices");
	if (r < 0)
		return r;
	return override_bind_groups(root, inv, defs, NULL, ret_bound);
}

static int override_run(const struct arguments *arguments)
{
	_cleanup_inventory_ struct inventory *inv = inventory_new();
	_cleanup_(override_defs_clear) struct vec defs = { 0 };
	_cleanup_(sysfs_root_close) struct sysfs_root root = { .fd = -EBADF };
	bool bound = false;
	int r;

	if (!inv)
		return -ENOMEM;
	r = sysfs_root_open(arguments->root, &root);
	if (r < 0)
		return r;
	r = override_load_defs(arguments, &root, &defs);
	if (r < 0)
		return r;
	if (defs.n == 0)
		return 1;
	if (arguments->all)
		r = override_bind_all(&root, inv, &defs, &bound);
	else
		r = override_bind_one(&root, inv, &defs, arguments->words[0], &bound);
	if (r < 0)
		return r;
	return bound ? 0 : 1;
}

static int override_write_index(const struct arguments *arguments)
{
	_cleanup_free_ char *text = NULL;
	int r;

	r = override_build_index(arguments->words[0] ? arguments->words : NULL, &text);
	if (r < 0)
		return r;
	if (!arguments->output) {
		fputs(text, stdout);
		return 0;
	}
	return fileio_write_atomic_at(AT_FDCWD, arguments->output, text, strlen(text), 0644);
}

/* --- the command line --- */

static int override_print_usage(void)
{
	fputs("usage: devgroups-override [--index=FILE] [--root=DIR] ADDRESS|--all\n"
	      "       devgroups-override --build-index [--output=FILE] [DIR...]\n"
	      "\n"
	      "Sets driver_override on the members of groups with \"bind\": \"boot\": the groups "
	      "of\n"
	      "the PCI function ADDRESS, or all. Exit status: 0 if there was a group; 1 if there\n"
	      "was none, or after an error. See devgroups-override(8).\n",
	      stderr);
	return 2;
}

static bool override_parse_args(int argc, char *argv[], struct arguments *arguments)
{
	static const struct option table[] = {
		{ "all", no_argument, NULL, 'a' },
		{ "build-index", no_argument, NULL, 'b' },
		{ "index", required_argument, NULL, 'i' },
		{ "output", required_argument, NULL, 'o' },
		{ "root", required_argument, NULL, 'r' },
		{ 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", table, NULL)) >= 0)
		switch (option) {
		case 'a':
			arguments->all = true;
			break;
		case 'b':
			arguments->build = true;
			break;
		case 'i':
			arguments->index = optarg;
			break;
		case 'o':
			arguments->output = optarg;
			break;
		case 'r':
			arguments->root = optarg;
			break;
		default:
			return false;
		}
	arguments->words = argv + optind;
	return arguments->build || argc - optind == !arguments->all;
}

int main(int argc, char *argv[])
{
	struct arguments arguments = { 0 };
	int r;

	if (!override_parse_args(argc, argv, &arguments))
		return override_print_usage();
	r = arguments.build ? override_write_index(&arguments) : override_run(&arguments);
	if (r < 0)
		override_print_error(arguments.build ? "cannot write the index" :
						       "cannot set the overrides",
				     NULL, r);
	return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
