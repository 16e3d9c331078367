/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "policy/devinfo/pcicap.h"
#include "sys/probe/probe-config.h"
#include "sys/sysfs.h"

#define CONFIG_MAX 4096
#define CONFIG_HEADER_TYPE 0x0e

static bool probe_config_same_card(const struct device *a, const struct device *b)
{
	return a->vendor == b->vendor && a->device == b->device && a->class_code == b->class_code &&
	       a->subsystem_vendor == b->subsystem_vendor &&
	       a->subsystem_device == b->subsystem_device && a->revision == b->revision;
}

/* Reads as many bytes as exist and may be read. Returns their number. */
static size_t probe_config_read_bytes(int dir_fd, uint8_t bytes[CONFIG_MAX])
{
	_cleanup_close_ int fd = openat(dir_fd, "config", O_RDONLY | O_CLOEXEC);
	size_t size = 0;
	ssize_t n;

	while (fd >= 0 && size < CONFIG_MAX &&
	       (n = pread(fd, bytes + size, CONFIG_MAX - size, (off_t)size)) > 0)
		size += (size_t)n;
	return size;
}

static int probe_config_copy_bytes(const uint8_t *bytes, size_t size, uint8_t **ret)
{
	if (!bytes || size == 0)
		return 0;
	*ret = malloc(size);
	if (!*ret)
		return -ENOMEM;
	memcpy(*ret, bytes, size);
	return 0;
}

/* Opens configuration space, unless the card sleeps: reading it would wake the card. */
static int probe_config_open_awake(int dir_fd)
{
	_cleanup_free_ char *power = NULL;
	int fd;

	if (sysfs_read_optional(dir_fd, "power_state", &power) < 0 || !str_eq(power, "D0"))
		return -EAGAIN;
	fd = openat(dir_fd, "config", O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Refreshes the control registers that the IOMMU's driver sets on demand, if the card is awake. */
static void probe_config_refresh_controls(int dir_fd, struct device *device)
{
	static const enum pcicap_ext_id ids[] = { PCICAP_EXT_ATS, PCICAP_EXT_PRI,
						  PCICAP_EXT_PASID };
	_cleanup_close_ int fd = -EBADF;

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		int at = pcicap_find_ext(device, ids[i]);

		if (at <= 0 || (size_t)at + 8 > device->config_size)
			continue;
		if (fd < 0)
			fd = probe_config_open_awake(dir_fd);
		if (fd < 0 || pread(fd, device->config + at + 4, 4, at + 4) != 4)
			return;
	}
}

static int probe_config_carry_over(int dir_fd, struct device *device, const struct device *old)
{
	int r = probe_config_copy_bytes(old->config, old->config_size, &device->config);

	if (r < 0)
		return r;
	device->config_size = old->config_size;
	probe_config_refresh_controls(dir_fd, device);
	return probe_config_copy_bytes(old->config_again, old->config_size, &device->config_again);
}

int probe_config(int dir_fd, struct device *device, const struct device *old)
{
	uint8_t bytes[CONFIG_MAX];
	int r;

	if (old && old->config && probe_config_same_card(old, device)) {
		r = probe_config_carry_over(dir_fd, device, old);
	} else {
		device->config_size = probe_config_read_bytes(dir_fd, bytes);
		r = probe_config_copy_bytes(bytes, device->config_size, &device->config);
	}
	if (r < 0)
		return r;
	/* A device that does not answer reads as all ones, which is no header type. */
	if (device->config_size > CONFIG_HEADER_TYPE && device->config[CONFIG_HEADER_TYPE] != 0xff)
		device->header_type = device->config[CONFIG_HEADER_TYPE] & 0x7f;
	else if (device->class_code >> 8 == 0x0604)
		device->header_type = 1;
	return 0;
}

int probe_config_reread(int dir_fd, struct device *vf, const struct device *pf)
{
	uint8_t bytes[CONFIG_MAX];

	if (!vf->config || vf->config_again)
		return 0;
	if (pcicap_find_ext(pf, PCICAP_EXT_PASID) <= 0 && pcicap_find_ext(pf, PCICAP_EXT_PRI) <= 0)
		return 0;
	if (probe_config_read_bytes(dir_fd, bytes) != vf->config_size)
		return 0;
	return probe_config_copy_bytes(bytes, vf->config_size, &vf->config_again);
}
