/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * claim GROUP: claims a group over D-Bus, and reads the ids of its devices from configuration
 * space. It needs no privilege and opens no path: all descriptors come over the bus. The claim ends
 * with the program, however that ends.
 *
 *	cc claim.c -o claim $(pkg-config --cflags --libs libsystemd)
 */

#include <fcntl.h>
#include <linux/vfio.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

static void fail(const char *what, const char *why)
{
	fprintf(stderr, "claim: %s: %s\n", what, why);
	exit(EXIT_FAILURE);
}

/*
 * Does the first steps of a VMM: container, IOMMU, device. Configuration space is then a file with
 * an offset.
 */
static void show_device(int group, int container, const char *address)
{
	struct vfio_region_info config = { .argsz = sizeof(config),
					   .index = VFIO_PCI_CONFIG_REGION_INDEX };
	uint16_t ids[2];
	int device;

	/* Both fail if an earlier device has done them already. */
	ioctl(group, VFIO_GROUP_SET_CONTAINER, &container);
	ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU);
	device = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, address);
	if (device < 0 || ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &config) < 0 ||
	    pread(device, ids, sizeof(ids), (off_t)config.offset) != sizeof(ids))
		fail(address, "cannot be used");
	printf("%s %04x:%04x\n", address, ids[0], ids[1]);
	close(device);
}

/* Reads the devices of the group from sysfs, which all users may do. */
static void show_group(int group, int container, const char *number)
{
	char command[128], line[64];
	FILE *list;

	snprintf(command, sizeof(command), "ls /sys/kernel/iommu_groups/%d/devices", atoi(number));
	list = popen(command, "r");
	while (list && fgets(line, sizeof(line), list)) {
		char driver[128];

		line[strcspn(line, "\n")] = '\0';
		snprintf(driver, sizeof(driver), "/sys/bus/pci/drivers/vfio-pci/%s", line);
		if (access(driver, F_OK) == 0) /* not a bridge */
			show_device(group, container, line);
	}
	if (list)
		pclose(list);
}

int main(int argc, char **argv)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = NULL;
	const char *lease, *kind, *name;
	sd_bus *bus = NULL;
	int fd, container = -1, r;

	if (argc != 2)
		fail("usage", "claim GROUP");
	if (sd_bus_open_system(&bus) < 0)
		fail("system bus", "cannot connect");
	r = sd_bus_call_method(bus, "org.devgroups1", "/org/devgroups1", "org.devgroups1.Manager",
			       "Claim", &error, &reply, "sa{sv}", argv[1], 1, "interface", "s",
			       "group");
	if (r < 0)
		fail(argv[1], error.message ? error.message : strerror(-r));
	sd_bus_message_read(reply, "o", &lease);
	printf("lease %s\n", lease);
	/* The message owns the descriptors: keep it while they are needed, "lease" above all. */
	for (sd_bus_message_enter_container(reply, 'a', "(ssh)");
	     sd_bus_message_read(reply, "(ssh)", &kind, &name, &fd) > 0;) {
		if (!strcmp(kind, "vfio-container"))
			container = fd;
		else if (!strcmp(kind, "vfio-group"))
			show_group(fd, container, name);
	}
	sd_bus_message_unref(reply);
	sd_bus_flush_close_unref(bus);
	return 0;
}
