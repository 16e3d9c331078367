/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What is known of one device at one moment. A plain value: whoever fills it (the probe, the
 * JSON codec) owns it until it is put into an inventory.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macro.h"
#include "base/vec.h"
#include "model/device-bus.h"
#include "model/error-state.h"
#include "model/mdev-type.h"
#include "model/pciaddr.h"

#define DEVICE_BARS 6
#define DEVICE_RESOURCES 7 /* six BARs and the expansion ROM, as in the sysfs file "resource" */
#define IOMMU_GROUP_NONE (-1)
#define DEVICE_SOURCE_MODULE "kernel-module"

struct device_resource {
	uint64_t start;
	uint64_t end; /* inclusive; 0 with start 0 where the resource is not there */
	uint64_t flags;
};

/* Of the flags, as in include/linux/ioport.h. */
#define IORESOURCE_IO 0x100u
#define IORESOURCE_MEM 0x200u
#define IORESOURCE_MEM_64 0x100000u

struct device {
	char *bus;     /* "pci", "platform", "mdev": the name below /sys/bus */
	char *address; /* the name below /sys/bus/BUS/devices */
	char *key;     /* device_bus_key_new(bus, address) */
	char *sysfs;   /* "devices/pci0000:00/0000:00:03.0/0000:01:00.0": its place below /sys, or
			  NULL */
	char *parent;  /* key of the bridge that it sits behind, NULL on a root bus */

	int iommu_group; /* number, or IOMMU_GROUP_NONE */
	char *driver;	 /* NULL: none bound */
	bool has_override;
	char *driver_override; /* NULL: not set */
	bool bind_hangs; /* somebody binds or unbinds it and does not come back; its driver_override
			    is not known */
	char *vfio_driver; /* the VFIO driver that suits it best; NULL: not known */
	char *modalias;
	char *iommu;		/* the unit that translates for it, "dmar0"; NULL: not known */
	char **vfio_info_lines; /* what VFIO said of it when it was asked (vfio-facts.h); NULL: it
				   was not */
	bool vfio_open;		/* a VFIO driver has enabled it: somebody holds its descriptor */
	bool eeh;		/* EEH of POWER isolates its errors */
	bool shares_msi;    /* the kernel module says that it can send the interrupts of others */
	bool no_reset;	    /* the kernel offers no "reset" file */
	char *compatible;   /* what a device tree calls it first, "calxeda,hb-xgmac"; NULL: it is of
			       none */
	char *reset_driver; /* the module by which VFIO resets it, where its bus leaves that to
			       VFIO; NULL: not known */
	bool awaits_group;  /* a device tree names its IOMMU, and it is in no group yet */
	bool reset_required;  /* its VFIO driver takes no device that it cannot reset */
	char **reset_methods; /* in the kernel's order, as in reset_method; NULL: none */
	char *power_state;    /* "D0", "D3cold", "unknown"; NULL: not known */
	int numa_node;	      /* -1: not known */
	char *source; /* DEVICE_SOURCE_MODULE: the next two are the kernel module's; NULL: nobody's
		       */
	char **isolation;   /* why it shares its group, a cause a line; NULL: for none */
	char **reset_scope; /* addresses of what a reset of its bus reaches; NULL: it is on a root
			       bus */
	char **interfaces;  /* "net/eth0", "block/nvme0n1": what the rest of the host sees of it */
	struct vec uses;    /* struct use, owned: what the rest of the host does with it */
	struct device_errors errors; /* what was reported of it since it is there */

	struct vec
		mdev_types; /* struct mdev_type, owned: what mediated devices can be made of it */
	char *mdev_parent;  /* of a mediated device: key of what it is made of; NULL: it is none */
	char *mdev_type;    /* id of its type there */

	/* PCI only; ids are 0 elsewhere */
	uint16_t vendor, device, subsystem_vendor, subsystem_device;
	uint32_t class_code; /* 24 bits: base, sub, programming interface */
	uint8_t revision;
	uint8_t header_type; /* without the multifunction bit: 0 endpoint, 1 bridge, 2 CardBus
				bridge */
	char *vendor_name, *device_name, *class_name; /* of pci.ids; NULL: not known */
	char *serial; /* of the Device Serial Number capability, as lspci has it; NULL: it has none
		       */
	char *physfn; /* key of the PF if this is a VF */
	int vf_index; /* -1 if it is no VF */
	unsigned num_vfs, total_vfs;
	struct device_resource resources[DEVICE_RESOURCES];
	uint8_t *config; /* configuration space as far as it could be read, or NULL */
	size_t config_size;
	uint8_t *config_again; /* as it was at another time, as long; NULL: the same, or not read */
};

struct device *device_new(const char *bus, const char *address);
struct device *device_free(struct device *device);
DEFINE_CLEANUP(struct device *, device_freep, device_free)
#define _cleanup_device_ _cleanup_(device_freep)

/* Sorts by bus, then by address as people and the bus order it. */
int device_cmp(const void *a, const void *b);

static inline bool device_is_pci(const struct device *device)
{
	return device->bus[0] == 'p' && device->bus[1] == 'c' && device->bus[2] == 'i' &&
	       !device->bus[3];
}

/* Is the driver that it has the one that hands it to user space, whatever that is called? */
static inline bool device_keeps_driver(const struct device *device)
{
	return device_bus_find(device->bus)->binding == DEVICE_BUS_OWN_DRIVER;
}

/* Is all that is known of them the same? Configuration space, uses and errors are not compared. */
bool device_equal(const struct device *a, const struct device *b);

/* A bridge never goes to a VMM: VFIO refuses everything but header type 0 (vfio_pci_core.c). */
static inline bool device_is_bridge(const struct device *device)
{
	return device->header_type != 0;
}

/* "Intel Corporation 82574L Gigabit Network Connection", or the ids; never NULL but when out of
 * memory. */
char *device_describe(const struct device *device) _must_check_;

/*
 * USB controllers that share ports: an EHCI and its companions, UHCI or OHCI, which are other
 * functions of its slot. When a host driver binds or unbinds the EHCI, the kernel reads and writes
 * the driver data of the companions and takes it for its own (for_each_companion() in
 * drivers/usb/core/hcd-pci.c, up to 7.x). If a companion is on a VFIO driver, that write corrupts
 * the memory of VFIO: Linux 6.1 ends in "list_del corruption", others continue with broken data.
 */
static inline bool device_class_is_ehci(uint32_t class_code)
{
	return class_code == 0x0c0320;
}

static inline bool device_class_is_usb_companion(uint32_t class_code)
{
	return class_code == 0x0c0300 || class_code == 0x0c0310;
}

/* Returns whether @device is a companion of the EHCI @other. */
bool device_is_companion_of(const struct device *device, const struct device *other);
