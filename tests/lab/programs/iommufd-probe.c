/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Does what an unprivileged VMM does with the descriptors of iommufd from `devgroupctl run`. Prints
 * one line for each act, and exits with 1 at the first that fails. Opens no device node by path.
 */

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sys/probe/iommufd-abi.h"

static int act(const char *what, const char *on, int r)
{
	printf("%-14s %-22s %s\n", what, on, r < 0 ? strerror(errno) : "ok");
	if (r < 0)
		exit(EXIT_FAILURE);
	return r;
}

static uint32_t new_ioas(int iommufd)
{
	struct iommufd_abi_ioas_alloc alloc = { .size = sizeof(alloc) };

	act("ioas-alloc", "iommufd", ioctl(iommufd, IOMMUFD_ABI_IOAS_ALLOC, &alloc));
	return alloc.out_ioas_id;
}

static void use_device(const char *name, int device, int iommufd, uint32_t ioas)
{
	struct vfio_region_info config = { .argsz = sizeof(config),
					   .index = VFIO_PCI_CONFIG_REGION_INDEX };
	struct iommufd_abi_bind bind = { .argsz = sizeof(bind), .iommufd = iommufd };
	struct iommufd_abi_attach_pt attach = { .argsz = sizeof(attach), .pt_id = ioas };
	uint16_t ids[2] = {};
	char text[32];

	act("bind-iommufd", name, ioctl(device, IOMMUFD_ABI_BIND, &bind));
	act("attach", name, ioctl(device, IOMMUFD_ABI_ATTACH_PT, &attach));
	act("region-info", "config", ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &config));
	act("read-config", "4 bytes", (int)pread(device, ids, sizeof(ids), (off_t)config.offset));
	snprintf(text, sizeof(text), "%04x:%04x", ids[0], ids[1]);
	act("ids", text, ids[0] != 0 && ids[0] != 0xffff ? 0 : -1);
}

static void use_memory(int iommufd, uint32_t ioas, unsigned mib)
{
	size_t size = (size_t)mib << 20;
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iommufd_abi_ioas_map map = {
		.size = sizeof(map),
		.flags = IOMMUFD_ABI_MAP_FIXED_IOVA | IOMMUFD_ABI_MAP_WRITEABLE |
			 IOMMUFD_ABI_MAP_READABLE,
		.ioas_id = ioas,
		.user_va = (uintptr_t)memory,
		.length = size,
		.iova = 1u << 30,
	};
	char text[32];

	snprintf(text, sizeof(text), "%u MiB", mib);
	act("map-dma", text,
	    memory == MAP_FAILED ? -1 : ioctl(iommufd, IOMMUFD_ABI_IOAS_MAP, &map));
}

int main(int argc, char **argv)
{
	int iommufd = -1, hold = 0, bind = 1, n = 0;
	unsigned mib = 1;
	char *names[256], *listed = strdup(getenv("LISTEN_FDNAMES") ?: "");
	uint32_t ioas;

	setlinebuf(stdout);
	for (char **arg = argv + 1; *arg; arg++)
		if (!strcmp(*arg, "--hold"))
			hold = 1;
		else if (!strcmp(*arg, "--no-bind"))
			bind = 0;
		else if (!strcmp(*arg, "--map") && arg[1])
			mib = (unsigned)atoi(*++arg);
		else
			return 2;
	for (char *name = strtok(listed, ":"); name && n < 256; name = strtok(NULL, ":")) {
		if (!strncmp(name, "iommufd-", strlen("iommufd-")))
			iommufd = 3 + n;
		names[n++] = name;
	}
	errno = ENOENT;
	act("iommufd", "iommufd-*", iommufd);
	ioas = new_ioas(iommufd);
	for (int i = 0; bind && i < n; i++)
		if (!strncmp(names[i], "vfio-device-", strlen("vfio-device-")))
			use_device(names[i], 3 + i, iommufd, ioas);
	if (bind)
		use_memory(iommufd, ioas, mib);
	if (hold)
		printf("%-14s %d\n", "holding", (int)getpid());
	while (hold)
		pause();
	return 0;
}
