/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * devgroups-override: what the udev rule calls for each PCI device that appears. Sets driver_override on
 * the members of groups with "bind": "boot", so that no host driver that is loaded from then on takes
 * them. It needs no daemon and reads little: an index, and what sysfs says of the device and its IOMMU group.
 */

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <string.h>

#include "base/fileio.h"
#include "base/str.h"
#include "model/boot-index.h"
#include "model/config/config-dirs.h"
#include "policy/assess/resolve.h"
#include "policy/plan/vfio-driver.h"
#include "sys/probe/probe-device.h"

/* Both below the root; the second one is there in an initramfs alone. */
#define RUN_INDEX	"run/devgroups/boot-index"
#define INITRAMFS_INDEX "usr/lib/devgroups/boot-index"

struct arguments {
	const char *root, *index, *output;
	bool all, build;
	char **words;
};

static void complain(const char *what, const char *which, int error)
{
	fprintf(stderr, "devgroups-override: %s%s%s: %s\n", what, which ? " " : "", str_or(which, ""),
		strerror(-error));
}

/* --- what is to be bound ----------------------------------------------------------------------- */

static void *def_free(void *data)
{
	return groupdef_free(data);
}

static void defs_clear(struct vec *defs)
{
	vec_clear(defs, def_free);
}

static int read_index(int dir_fd, const char *path, struct vec *ret_defs)
{
	_cleanup_free_ char *text = NULL;
	int r = file_read_at(dir_fd, path, BOOTINDEX_MAX, &text, NULL);

	return r < 0 ? r : bootindex_parse(text, ret_defs);
}

/* What is wrong in the files is for the daemon to report; a file with an error counts for nothing. */
static int build_index(char *const *directories, char **ret_text)
{
	_cleanup_config_ struct config *config = NULL;
	int r = confdir_load((const char *const *)directories, &config);

	return r < 0 ? r : bootindex_format(&config->groups, ret_text);
}

/* The first one to need it makes it. It must not matter whether that can be kept: /run may be read-only still. */
static int make_index(struct vec *ret_defs)
{
	_cleanup_free_ char *text = NULL;
	int r = build_index(NULL, &text);

	if (r < 0)
		return r;
	if (mkdir_parents("/run/devgroups", 0755) >= 0)
		(void)(file_write_atomic_at(AT_FDCWD, "/" RUN_INDEX, text, strlen(text), 0644) < 0);
	return bootindex_parse(text, ret_defs);
}

static int load_defs(const struct arguments *arguments, const struct sysroot *root, struct vec *ret_defs)
{
	static const char *const places[] = { RUN_INDEX, INITRAMFS_INDEX };

	if (arguments->index)
		return read_index(AT_FDCWD, arguments->index, ret_defs);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		int r = read_index(root->fd, places[i], ret_defs);

		/* one of another version is as good as none */
		if (r != -ENOENT && r != -EINVAL)
			return r;
	}
	return arguments->root ? -ENOENT : make_index(ret_defs);
}

/* --- as much of the host as matters ------------------------------------------------------------ */

/* With the bridges above it, which a path goes through. One that vanishes is none. */
static int add_device(const struct sysroot *root, struct inventory *inv, const char *address)
{
	_cleanup_device_ struct device *device = NULL;
	_cleanup_close_ int fd = -EBADF;
	_cleanup_free_ char *parent = NULL;
	int r;

	if (inventory_find(inv, address))
		return 0;
	r = identity_read(root, "pci", address, &device, &fd);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = str_set(&parent, device->parent);
	if (r >= 0)
		r = inventory_put(inv, device);
	if (r < 0)
		return r;
	device = NULL;
	return parent ? add_device(root, inv, parent) : 0;
}

/* Every PCI function that a directory of sysfs names. */
static int add_devices_in(const struct sysroot *root, struct inventory *inv, const char *path)
{
	_cleanup_closedir_ DIR *dir = NULL;
	struct dirent *entry;
	int r = 0, fd = sysroot_dir(root, path);

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	dir = fdopendir(fd);
	if (!dir) {
		fd_close(fd);
		return -ENOMEM;
	}
	while (r >= 0 && (entry = readdir(dir))) {
		struct pciaddr addr;

		if (pciaddr_parse(entry->d_name, &addr) >= 0)
			r = add_device(root, inv, entry->d_name);
	}
	return r;
}

static int add_with_companions(const struct sysroot *root, struct inventory *inv, const char *address)
{
	_cleanup_free_ char *path = NULL;
	const struct device *device;
	int r = add_device(root, inv, address);

	if (r < 0)
		return r;
	device = inventory_find(inv, address);
	if (!device || device->iommu_group < 0)
		return 0;
	path = str_printf("sys/kernel/iommu_groups/%d/devices", device->iommu_group);
	return path ? add_devices_in(root, inv, path) : -ENOMEM;
}

/* --- what is done ------------------------------------------------------------------------------ */

static int set_override(const struct sysroot *root, const struct device *device, const char *driver)
{
	_cleanup_free_ char *path = str_printf("sys/bus/pci/devices/%s/driver_override",
					       device->address);
	_cleanup_free_ char *line = str_printf("%s\n", driver);
	_cleanup_free_ char *present = str_printf("sys/bus/pci/drivers/%s", driver);
	int r;

	if (!path || !line || !present)
		return -ENOMEM;
	r = sysfs_write(root->fd, path, line);
	if (r < 0)
		return r;
	/* a driver that is there already looks at a device once, and has done so */
	if (!device->driver && faccessat(root->fd, present, F_OK, 0) == 0)
		return sysfs_write(root->fd, "sys/bus/pci/drivers_probe", device->address);
	return 0;
}

static void bind_member(const struct sysroot *root, const struct device *device,
			const struct groupdef *def)
{
	const char *driver = vfio_driver_for(device, def);
	int r;

	if (device_is_bridge(device) || !driver || str_eq(device->driver_override, driver))
		return;
	if (device->driver_override) {
		fprintf(stderr, "devgroups-override: %s has the driver_override %s, which is left\n",
			device->address, device->driver_override);
		return;
	}
	r = set_override(root, device, driver);
	if (r < 0)
		complain("cannot set the driver_override of", device->address, r);
}

/* Another card in the place of the one that is meant: then nothing of the group is touched. */
static bool is_mistaken(const struct groupview *view)
{
	VEC_FOREACH(const struct blocker, blocker, &view->blockers)
		if (str_eq(blocker->code, "identity-mismatch"))
			return true;
	return false;
}

/* @device NULL: all that there are. Otherwise only its groups, and its driver is printed for the rule. */
static int bind_groups(const struct sysroot *root, const struct inventory *inv,
		       const struct vec *defs, const struct device *device, bool *ret_bound)
{
	VEC_FOREACH(const struct groupdef, def, defs) {
		_cleanup_groupview_ struct groupview view = { 0 };
		int r = resolve_group(inv, def, &view);

		if (r < 0)
			return r;
		if ((device && !groupview_has(&view, device)) || is_mistaken(&view))
			continue;
		VEC_FOREACH(const struct device, member, &view.devices)
			bind_member(root, member, def);
		if (device && !device_is_bridge(device))
			puts(vfio_driver_for(device, def));
		*ret_bound = true;
	}
	return 0;
}

static int run(const struct arguments *arguments)
{
	_cleanup_inventory_ struct inventory *inv = inventory_new();
	_cleanup_(defs_clear) struct vec defs = { 0 };
	_cleanup_(sysroot_close) struct sysroot root = { .fd = -EBADF };
	const char *address = arguments->all ? NULL : arguments->words[0];
	bool bound = false;
	int r = inv ? sysroot_open(arguments->root, &root) : -ENOMEM;

	if (r >= 0)
		r = load_defs(arguments, &root, &defs);
	if (r < 0 || defs.n == 0)
		return r < 0 ? r : 1;
	r = address ? add_with_companions(&root, inv, address) :
		      add_devices_in(&root, inv, "sys/bus/pci/devices");
	if (r < 0)
		return r;
	if (address && !inventory_find(inv, address))
		return 1;
	r = bind_groups(&root, inv, &defs, address ? inventory_find(inv, address) : NULL, &bound);
	return r < 0 ? r : !bound;
}

static int write_index(const struct arguments *arguments)
{
	_cleanup_free_ char *text = NULL;
	int r = build_index(arguments->words[0] ? arguments->words : NULL, &text);

	if (r < 0)
		return r;
	if (!arguments->output) {
		fputs(text, stdout);
		return 0;
	}
	return file_write_atomic_at(AT_FDCWD, arguments->output, text, strlen(text), 0644);
}

/* --- the command line -------------------------------------------------------------------------- */

static int usage(void)
{
	fputs("usage: devgroups-override [--index=FILE] [--root=DIR] ADDRESS|--all\n"
	      "       devgroups-override --build-index [--output=FILE] [DIR...]\n"
	      "\n"
	      "Sets driver_override on the members of groups with \"bind\": \"boot\", those of the PCI\n"
	      "function ADDRESS or all. 0: there was one; 1: there was none, or an error.\n"
	      "See devgroups-override(8).\n",
	      stderr);
	return 2;
}

static bool parse(int argc, char *argv[], struct arguments *arguments)
{
	static const struct option table[] = {
		{ "all", no_argument, NULL, 'a' },	  { "build-index", no_argument, NULL, 'b' },
		{ "index", required_argument, NULL, 'i' }, { "output", required_argument, NULL, 'o' },
		{ "root", required_argument, NULL, 'r' }, { 0 },
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

	if (!parse(argc, argv, &arguments))
		return usage();
	r = arguments.build ? write_index(&arguments) : run(&arguments);
	if (r < 0)
		complain(arguments.build ? "cannot write the index" : "cannot decide", NULL, r);
	return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
