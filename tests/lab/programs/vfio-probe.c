/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Does what an unprivileged VMM does with the descriptors from `devgroupctl run`, and nothing else.
 * Prints one line for each act, and exits with 1 at the first that fails. Opens no device node by
 * path.
 */

#include <errno.h>
#include <glob.h>
#include <linux/vfio.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define MIB (1u << 20)

static char device_name[64];
static int no_reset, spapr, drop_groups;

/* Prints an act and its result. Exits if the act has failed. */
static int act(const char *what, const char *on, int r)
{
	printf("%-14s %-22s %s\n", what, on, r < 0 ? strerror(errno) : "ok");
	if (r < 0)
		exit(EXIT_FAILURE);
	return r;
}

/* Prints a condition that no system call checks. Exits with @error if it does not hold. */
static void expect(const char *what, const char *on, int holds, int error)
{
	errno = error;
	act(what, on, holds ? 0 : -1);
}

/* Returns the number of the IOMMU group, such as "11". Every user may read sysfs. */
static const char *iommu_group_of(const char *device)
{
	static char target[256];
	glob_t found = {};
	char path[128];
	ssize_t n = -1;

	snprintf(path, sizeof(path), "/sys/bus/*/devices/%s/iommu_group", device);
	if (device[0] && glob(path, 0, NULL, &found) == 0)
		n = readlink(found.gl_pathv[0], target, sizeof(target) - 1);
	globfree(&found);
	target[n < 0 ? 0 : n] = '\0';
	return n < 0 ? target : strrchr(target, '/') + 1;
}

/*
 * Chooses the device of IOMMU group @id with the lowest address. Bridges are left out, because they
 * have no VFIO driver. A mediated device always has one.
 */
static void choose_device(const char *id)
{
	glob_t found = {};

	glob("/sys/bus/pci/drivers/vfio-pci/*:*", 0, NULL, &found);
	if (glob("/sys/bus/mdev/devices/*", GLOB_APPEND, NULL, &found) == 0 || found.gl_pathc > 0)
		for (size_t i = 0; i < found.gl_pathc && !device_name[0]; i++) {
			const char *name = strrchr(found.gl_pathv[i], '/') + 1;

			if (!strcmp(iommu_group_of(name), id))
				snprintf(device_name, sizeof(device_name), "%s", name);
		}
	globfree(&found);
}

/* Sets the IOMMU type of the container: type 1, or that of POWER. */
static void use_iommu(int container)
{
	if (ioctl(container, VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU) > 0) {
		act("set-iommu", "type1v2", ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU));
		return;
	}
	spapr = 1;
	act("set-iommu", "spapr-v2", ioctl(container, VFIO_SET_IOMMU, VFIO_SPAPR_TCE_v2_IOMMU));
}

/* Attaches every group to the container. Returns the group that has the device. */
static int use_groups(char *const *names, int n, int container)
{
	int chosen = -1, attached = 0;

	for (int i = 0; i < n; i++) {
		struct vfio_group_status status = { .argsz = sizeof(status) };
		const char *id = names[i] + strlen("vfio-group-");

		if (strncmp(names[i], "vfio-group-", strlen("vfio-group-")) != 0)
			continue;
		act("group-status", names[i], ioctl(3 + i, VFIO_GROUP_GET_STATUS, &status));
		expect("viable", names[i], status.flags & VFIO_GROUP_FLAGS_VIABLE, EPERM);
		act("set-container", names[i], ioctl(3 + i, VFIO_GROUP_SET_CONTAINER, &container));
		if (!attached++)
			use_iommu(container);
		if (!device_name[0])
			choose_device(id);
		if (!strcmp(iommu_group_of(device_name), id))
			chosen = 3 + i;
	}
	expect("find-device", device_name, chosen >= 0, ENODEV);
	return chosen;
}

/* Uses the registers and interrupts of a platform device, which has no configuration space. */
static void use_platform(int device, const struct vfio_device_info *info)
{
	struct vfio_region_info region = { .argsz = sizeof(region) };
	struct vfio_irq_info irq = { .argsz = sizeof(irq) };
	uint32_t word = 0;
	char text[32];

	snprintf(text, sizeof(text), "%u regions, %u irqs", info->num_regions, info->num_irqs);
	expect("platform", text, info->num_regions > 0 && info->num_irqs > 0, ENODEV);
	act("region-info", "0", ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &region));
	act("irq-info", "0", ioctl(device, VFIO_DEVICE_GET_IRQ_INFO, &irq));
	act("read-region", "4 bytes",
	    (int)pread(device, &word, sizeof(word), (off_t)region.offset));
	snprintf(text, sizeof(text), "%08x", word);
	expect("register", text, word != 0 && word != UINT32_MAX, ENODEV);
}

static void use_pci(int device)
{
	struct vfio_region_info config = { .argsz = sizeof(config),
					   .index = VFIO_PCI_CONFIG_REGION_INDEX };
	uint16_t ids[2] = {};
	char text[32];

	act("region-info", "config", ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &config));
	act("read-config", "4 bytes", (int)pread(device, ids, sizeof(ids), (off_t)config.offset));
	snprintf(text, sizeof(text), "%04x:%04x", ids[0], ids[1]);
	expect("ids", text, ids[0] != 0 && ids[0] != 0xffff, ENODEV);
}

static void use_device(int group)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	int device;

	device =
		act("get-device", device_name, ioctl(group, VFIO_GROUP_GET_DEVICE_FD, device_name));
	act("device-info", device_name, ioctl(device, VFIO_DEVICE_GET_INFO, &info));
	if (info.flags & VFIO_DEVICE_FLAGS_PLATFORM)
		use_platform(device, &info);
	else
		use_pci(device);
	if (no_reset || !(info.flags & VFIO_DEVICE_FLAGS_RESET))
		printf("%-14s %-22s left out\n", "reset", device_name);
	else
		act("reset", device_name, ioctl(device, VFIO_DEVICE_RESET));
}

/* On POWER memory is pinned before it is mapped into a window of the PE. */
static void register_memory(int container, const void *memory)
{
	struct vfio_iommu_spapr_register_memory known = { .argsz = sizeof(known),
							  .vaddr = (uintptr_t)memory,
							  .size = MIB };

	act("register", "1 MiB", ioctl(container, VFIO_IOMMU_SPAPR_REGISTER_MEMORY, &known));
}

static void use_memory(int container)
{
	static char memory[MIB] __attribute__((aligned(65536)));
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)memory,
		.iova = MIB,
		.size = MIB,
	};
	struct vfio_iommu_type1_dma_unmap unmap = { .argsz = sizeof(unmap),
						    .iova = MIB,
						    .size = MIB };

	if (spapr)
		register_memory(container, memory);
	act("map-dma", "1 MiB", ioctl(container, VFIO_IOMMU_MAP_DMA, &map));
	act("unmap-dma", "1 MiB", ioctl(container, VFIO_IOMMU_UNMAP_DMA, &unmap));
}

/*
 * Reads the names of the descriptors, which start at 3. Returns their number, and the container's
 * descriptor in *ret_container.
 */
static int read_names(char **names, int room, int *ret_container)
{
	static char listed[4096];
	const char *count = getenv("LISTEN_FDS");
	int n = 0;

	snprintf(listed, sizeof(listed), "%s", getenv("LISTEN_FDNAMES") ?: "");
	for (char *name = strtok(listed, ":"); name && n < room; name = strtok(NULL, ":")) {
		if (!strncmp(name, "vfio-container-", strlen("vfio-container-")))
			*ret_container = 3 + n;
		names[n++] = name;
	}
	expect("descriptors", count ?: "0", count && n > 0 && atoi(count) == n, ENOENT);
	expect("container", "vfio-container-*", *ret_container >= 0, ENOENT);
	return n;
}

int main(int argc, char **argv)
{
	int n, hold = 0, children = 0, container = -1;
	char *names[256];

	setlinebuf(stdout);
	for (char **arg = argv + 1; *arg; arg++)
		if (!strcmp(*arg, "--hold"))
			hold = 1;
		else if (!strcmp(*arg, "--no-reset"))
			no_reset = 1;
		else if (!strcmp(*arg, "--drop-groups"))
			drop_groups = 1;
		else if (!strcmp(*arg, "--fork") && arg[1])
			children = atoi(*++arg);
		else if (!strcmp(*arg, "--device") && arg[1])
			snprintf(device_name, sizeof(device_name), "%s", *++arg);
		else
			return 2;
	n = read_names(names, 256, &container);
	use_device(use_groups(names, n, container));
	use_memory(container);
	/* the open device alone keeps group and container in use */
	for (int i = 0; drop_groups && i < n; i++)
		act("close", names[i], close(3 + i));
	while (children-- > 0) {
		pid_t pid = fork();

		while (pid == 0)
			pause();
		printf("%-14s %d\n", "child", pid);
	}
	if (hold)
		printf("%-14s %d\n", "holding", (int)getpid());
	while (hold)
		pause();
	return 0;
}
