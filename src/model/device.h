/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One device: all that is known of it at one moment. A plain value, owned by the code that fills it
 * (the probe, the JSON codec) until it is put into an inventory.
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
	uint64_t end; /* inclusive; start and end are 0 if there is no such resource */
	uint64_t flags;
};

/* Bits of the flags, as in include/linux/ioport.h. */
#define IORESOURCE_IO 0x100u
#define IORESOURCE_MEM 0x200u
#define IORESOURCE_PREFETCH 0x2000u
#define IORESOURCE_MEM_64 0x100000u
#define IORESOURCE_ROM_ENABLE 0x1u
#define IORESOURCE_ROM_SHADOW 0x2u

/* Unless stated otherwise, NULL means "not known" for strings and lists. */
struct device {
	char *bus;	    /* "pci", "platform", "mdev": the name below /sys/bus */
	char *address;	    /* the name below /sys/bus/BUS/devices */
	char *key;	    /* device_bus_key_new(bus, address) */
	char *sysfs;	    /* place below /sys: "devices/pci0000:00/0000:00:03.0/0000:01:00.0" */
	char *parent;	    /* key of the bridge above it; NULL: it is on a root bus */
	bool place_unknown; /* the recording lacks what is above it: a bridge, or its VMD */

	/* drivers */
	char *driver; /* NULL: none is bound */
	bool has_override;
	char *driver_override; /* NULL: not set */
	bool bind_hangs;       /* a bind or unbind of it hangs, so its driver_override is unknown */
	char *vfio_driver;     /* the most suitable VFIO driver */
	char *modalias;
	char *compatible;	/* the first name in the device tree, "calxeda,hb-xgmac"; or NULL */
	char **vfio_info_lines; /* VFIO info of a claim (vfio-facts.h); NULL: not asked */
	bool vfio_open;		/* a VFIO driver has enabled it: a process has its descriptor */

	/* isolation */
	int iommu_group;    /* number, or IOMMU_GROUP_NONE */
	bool group_unsure;  /* the recording does not show all that decides its derived group */
	char *dma_owner;    /* key of the device that its DMA comes from: VMD; NULL: itself */
	bool acs_assumed;   /* the kernel would turn its ACS on (grouping.h) */
	int port_type;	    /* the kernel's correction of the type; -1: as the device reports */
	char *iommu;	    /* the unit that translates for it, "dmar0" */
	bool awaits_group;  /* a device tree names its IOMMU, but it is in no group yet */
	bool shares_msi;    /* the kernel module reports that it can send interrupts of others */
	bool eeh;	    /* EEH of POWER isolates its errors */
	char *source;	    /* source of the next two: DEVICE_SOURCE_MODULE, or NULL */
	char **isolation;   /* reasons why it shares its group, one per line; NULL: none */
	char **reset_scope; /* addresses that its bus reset reaches; NULL: it is on a root bus */

	/* resets */
	bool no_reset;	      /* the kernel offers no "reset" file */
	char *reset_driver;   /* the module through which VFIO resets it, on buses that need one */
	bool reset_required;  /* the VFIO driver refuses devices that cannot be reset */
	char **reset_methods; /* as in reset_method, in the order of the kernel; NULL: none */
	bool more_resets;     /* the recording does not show all of its resets */

	/* the host */
	char *power_state;	     /* "D0", "D3cold", "unknown" */
	int numa_node;		     /* -1: not known */
	char **interfaces;	     /* "net/eth0", "block/nvme0n1": what the host sees of it */
	char **host_names;	     /* "net/eth0 MAC", "block/nvme0n1 BYTES": for people */
	struct vec usages;	     /* struct usage, owned: what the host uses it for */
	struct device_errors errors; /* reported since the device appeared */

	/* mediated devices */
	struct vec mdev_types; /* struct mdev_type, owned: the types that it can create */
	char *mdev_parent;     /* of a mediated device: key of its parent; else NULL */
	char *mdev_type;       /* of a mediated device: id of its type there */

	/* PCI only; ids are 0 elsewhere */
	uint16_t vendor, device, subsystem_vendor, subsystem_device;
	uint32_t class_code; /* 24 bits: base, sub, programming interface */
	uint8_t revision;
	uint8_t header_type; /* without the multifunction bit: 0 endpoint, 1 bridge, 2 CardBus */
	char *vendor_name, *device_name, *class_name; /* of pci.ids */
	char *serial; /* of its Device Serial Number capability, as lspci prints it; NULL: none */
	char *physfn; /* of a VF: key of its PF; else NULL */
	int vf_index; /* -1: it is no VF */
	unsigned num_vfs, total_vfs;
	struct device_resource resources[DEVICE_RESOURCES];
	uint8_t *config; /* configuration space as far as it was readable, or NULL */
	size_t config_size;
	bool config_masked;    /* parts are hidden from this reader, and zero */
	uint8_t *config_again; /* the same at another time; NULL: unchanged, or not read */
};

/* Returns a device of which only the key is known, or NULL when out of memory. */
struct device *device_new(const char *bus, const char *address);
struct device *device_free(struct device *device);
DEFINE_CLEANUP(struct device *, device_freep, device_free)
#define _cleanup_device_ _cleanup_(device_freep)

/* Compares devices by bus, then by address in the order of the bus. */
int device_cmp(const void *a, const void *b);

static inline bool device_is_pci(const struct device *device)
{
	return device->bus[0] == 'p' && device->bus[1] == 'c' && device->bus[2] == 'i' &&
	       !device->bus[3];
}

/* Returns whether the driver that the device has, of any name, hands it to user space. */
static inline bool device_keeps_driver(const struct device *device)
{
	return device_bus_find(device->bus)->binding == DEVICE_BUS_OWN_DRIVER;
}

/* Compares all but configuration space, uses and errors. */
bool device_equal(const struct device *a, const struct device *b);

/* A bridge is never assigned: VFIO refuses all header types but 0 (vfio_pci_core.c). */
static inline bool device_is_bridge(const struct device *device)
{
	return device->header_type != 0;
}

/*
 * Returns "Intel Corporation 82574L Gigabit Network Connection", or the class and ids. The caller
 * frees it. NULL when out of memory.
 */
char *device_describe(const struct device *device) _must_check_;

/*
 * USB controllers that share ports: an EHCI and its companions, UHCI or OHCI, which are lower
 * functions of its slot. When a host driver binds or unbinds the EHCI, the kernel reads and writes
 * the driver data of the companions: for_each_companion() in drivers/usb/core/hcd-pci.c, up to 7.x.
 * It expects data of its own drivers there. If a companion is on a VFIO driver, the write corrupts
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
