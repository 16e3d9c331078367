/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Lengths come from the PCI Express Base Specification 6.x, chapters 7.5 to 7.9, and for older
 * capabilities from earlier specifications. Numbers of capabilities come from
 * include/uapi/linux/pci_regs.h. The kernel has a similar table for the users of VFIO
 * (drivers/vfio/pci/vfio_pci_config.c); no length here is shorter than there.
 */

#include "policy/devinfo/cap-length.h"
#include "policy/devinfo/pcicap.h"

#define LANES_MAX 32u

/* --- capabilities whose registers give their length --- */

typedef unsigned (*cap_length_fn)(const struct device *device, const struct capability *cap);

static uint32_t cap_length_read32(const struct device *device, const struct capability *cap,
				  size_t offset)
{
	return pcicap_u32(device, cap->at + offset);
}

static unsigned cap_length_vendor(const struct device *device, const struct capability *cap)
{
	return pcicap_u8(device, cap->at + 2u);
}

static unsigned cap_length_msi(const struct device *device, const struct capability *cap)
{
	unsigned flags = pcicap_u16(device, cap->at + 2u), length = 10;

	if (flags & 0x80) /* 64-bit addresses */
		length += 4;
	return flags & 0x100 ? length + 10 : length; /* mask and pending bits, aligned to four */
}

static unsigned cap_length_pcix(const struct device *device, const struct capability *cap)
{
	if (device->header_type == 1)
		return pcicap_u16(device, cap->at + 2u) & 0x3000 ? 32 : 16;
	return pcicap_u16(device, cap->at + 2u) & 0x3000 ? 24 : 8;
}

static unsigned cap_length_sata(const struct device *device, const struct capability *cap)
{
	return (pcicap_u8(device, cap->at + 4u) & 0xf) == 0xf ? 16 : 8;
}

static unsigned cap_length_express(const struct device *device, const struct capability *cap)
{
	unsigned flags = pcicap_u16(device, cap->at + 2u);

	if ((flags & 0xf) >= 2)
		return 60;
	switch (flags >> 4 & 0xf) {
	case EXPRESS_RC_ENDPOINT:
		return 12;
	case EXPRESS_ROOT_PORT:
	case EXPRESS_RC_EVENTS:
		return 36;
	case EXPRESS_DOWNSTREAM:
		return 28;
	default:
		return 20;
	}
}

static unsigned cap_length_ea(const struct device *device, const struct capability *cap)
{
	unsigned entries = pcicap_u8(device, cap->at + 2u) & 0x3f;
	unsigned at = device->header_type == 1 ? 8 : 4;

	for (unsigned i = 0; i < entries; i++)
		at += 4 + 4 * (cap_length_read32(device, cap, at) & 7);
	return at;
}

static unsigned cap_length_aer(const struct device *device, const struct capability *cap)
{
	int express = pcicap_find(device, PCICAP_EXPRESS), type = pcicap_express_type(device);

	if (express > 0 && pcicap_u16(device, (size_t)express + 2) & 0x8000)
		return 0x60; /* flit mode has a longer log */
	if (express > 0 && pcicap_u32(device, (size_t)express + 0x24) & 1u << 21)
		return 0x48; /* TLP prefixes are logged */
	return type == EXPRESS_ROOT_PORT || type == EXPRESS_RC_EVENTS ? 0x38 : 0x2c;
}

/* Returns the length with an arbitration table, which an offset in units of 16 bytes locates. */
static unsigned cap_length_with_table(unsigned length, unsigned offset, unsigned bits)
{
	unsigned end = offset * 16 + (bits + 7) / 8;

	return offset && bits && end > length ? end : length;
}

static unsigned cap_length_vc_phases(unsigned capability, bool of_port)
{
	if (of_port && capability & 0x20)
		return 256;
	if (capability & 0x18)
		return 128;
	if (capability & 0x04)
		return 64;
	return capability & 0x02 ? 32 : 0;
}

static unsigned cap_length_vc(const struct device *device, const struct capability *cap)
{
	uint32_t one = cap_length_read32(device, cap, 4), two = cap_length_read32(device, cap, 8);
	unsigned count = (one & 7) + 1, entry = 1u << (one >> 10 & 3), length = 0x10 + 12 * count;
	unsigned arbitration = two & 0x8 ? 128 : cap_length_vc_phases(two & 0x6, false);

	/* without an offset the kernel assumes that the table follows the registers */
	if (arbitration && two >> 24 == 0)
		length = (length + 15) / 16 * 16 + arbitration / 2;
	length = cap_length_with_table(length, two >> 24, arbitration * 4);
	for (unsigned i = 0; i < count; i++) {
		uint32_t resource = cap_length_read32(device, cap, 0x10 + 12 * i);

		length = cap_length_with_table(length, resource >> 24,
					       cap_length_vc_phases(resource & 0x3e, true) * entry);
	}
	return length;
}

static unsigned cap_length_rclink(const struct device *device, const struct capability *cap)
{
	return 0x10 + 0x10 * (cap_length_read32(device, cap, 4) >> 8 & 0xff);
}

static unsigned cap_length_rcec(const struct device *device, const struct capability *cap)
{
	return cap->version >= 2 ? 12 : 8;
}

static unsigned cap_length_vsec(const struct device *device, const struct capability *cap)
{
	return cap_length_read32(device, cap, 4) >> 20;
}

static unsigned cap_length_acs(const struct device *device, const struct capability *cap)
{
	uint32_t acs = cap_length_read32(device, cap, 4);
	unsigned bits = acs >> 8 & 0xff;

	if (!(acs & 0x20)) /* no egress control */
		return 8;
	return 8 + (bits ? (bits + 31) / 32 * 4 : 32);
}

static unsigned cap_length_rebar(const struct device *device, const struct capability *cap)
{
	return 4 + 8 * (cap_length_read32(device, cap, 8) >> 5 & 7);
}

static unsigned cap_length_dpa(const struct device *device, const struct capability *cap)
{
	return 16 + (cap_length_read32(device, cap, 4) & 0x1f) + 1;
}

static unsigned cap_length_tph(const struct device *device, const struct capability *cap)
{
	uint32_t tph = cap_length_read32(device, cap, 4);

	return (tph & 0x600) == 0x200 ? 12 + 2 * ((tph >> 16 & 0x7ff) + 1) : 12;
}

static unsigned cap_length_lanes(const struct device *device)
{
	int express = pcicap_find(device, PCICAP_EXPRESS);
	unsigned lanes = express > 0 ? pcicap_u32(device, (size_t)express + 12) >> 4 & 0x3f : 0;

	return lanes > 0 && lanes <= LANES_MAX ? lanes : LANES_MAX;
}

static unsigned cap_length_secondary(const struct device *device, const struct capability *cap)
{
	return 12 + (2 * cap_length_lanes(device) + 3) / 4 * 4;
}

static unsigned cap_length_16gt(const struct device *device, const struct capability *cap)
{
	return 0x20 + (cap_length_lanes(device) + 3) / 4 * 4;
}

static unsigned cap_length_64gt(const struct device *device, const struct capability *cap)
{
	return 0x10 + (cap_length_lanes(device) + 3) / 4 * 4;
}

static unsigned cap_length_margining(const struct device *device, const struct capability *cap)
{
	return 8 + 4 * cap_length_lanes(device);
}

static unsigned cap_length_dpc(const struct device *device, const struct capability *cap)
{
	unsigned flags = pcicap_u16(device, cap->at + 4u), log = flags >> 8 & 0xf;

	if (!(flags & 0x20)) /* root ports have more */
		return 12;
	return 0x20 + 4 * (log < 4 ? 4 : log);
}

static unsigned cap_length_l1pm(const struct device *device, const struct capability *cap)
{
	return cap->version >= 2 ? 0x14 : 0x10;
}

static unsigned cap_length_multicast(const struct device *device, const struct capability *cap)
{
	return device->header_type == 1 ? 0x30 : 0x28;
}

/* One block of 8 bytes for each link stream, and a longer one for each selective stream. */
static unsigned cap_length_ide(const struct device *device, const struct capability *cap)
{
	uint32_t flags = cap_length_read32(device, cap, 4);
	unsigned length = 12;

	if (flags & 1)
		length += 8 * ((flags >> 13 & 7) + 1);
	if (!(flags & 2))
		return length;
	for (unsigned i = 0; i <= (flags >> 16 & 0xff) && length < CAP_CHAIN_CONFIG_SIZE; i++)
		length += 20 + 12 * (cap_length_read32(device, cap, length) & 0xf);
	return length;
}

/* --- the tables --- */

struct length {
	uint16_t fixed;	  /* the length, or the shortest one */
	uint16_t most;	  /* 0: the same */
	cap_length_fn fn; /* NULL: fixed length */
};

static const struct length cap_length_standard[] = {
	[0x00] = { 2 },				 /* null */
	[0x01] = { 8 },				 /* power management */
	[0x02] = { 12 },			 /* AGP */
	[0x03] = { 8 },				 /* vital product data */
	[0x04] = { 4 },				 /* slot identification */
	[0x05] = { 10, 24, cap_length_msi },	 /* MSI */
	[0x06] = { 4 },				 /* CompactPCI hot swap */
	[0x07] = { 8, 32, cap_length_pcix },	 /* PCI-X */
	[0x08] = { 28 },			 /* HyperTransport */
	[0x09] = { 3, 0, cap_length_vendor },	 /* vendor specific */
	[0x0a] = { 4 },				 /* debug port */
	[0x0b] = { 4 },				 /* CompactPCI central resource control */
	[0x0c] = { 8 },				 /* hot-plug controller */
	[0x0d] = { 8 },				 /* subsystem of a bridge */
	[0x0e] = { 48 },			 /* AGP 8x */
	[0x0f] = { 24 },			 /* secure device */
	[0x10] = { 12, 60, cap_length_express }, /* PCI Express */
	[0x11] = { 12 },			 /* MSI-X */
	[0x12] = { 8, 16, cap_length_sata },	 /* SATA */
	[0x13] = { 6 },				 /* advanced features */
	[0x14] = { 4, 0, cap_length_ea },	 /* enhanced allocation */
};

static const struct length cap_length_extended[] = {
	/*
	 * Null has no row, so its length is unknown: some devices use it to hide a capability from
	 * other software, and then its registers continue.
	 */
	[0x01] = { 0x2c, 0x60, cap_length_aer },       /* advanced error reporting */
	[0x02] = { 0x1c, 0, cap_length_vc },	       /* virtual channel */
	[0x03] = { 12 },			       /* serial number */
	[0x04] = { 16, 20 },			       /* power budgeting */
	[0x05] = { 0x10, 0, cap_length_rclink },       /* root complex link declaration */
	[0x06] = { 12 },			       /* root complex internal link control */
	[0x07] = { 8, 12, cap_length_rcec },	       /* root complex event collector */
	[0x08] = { 0x1c, 0, cap_length_vc },	       /* multi-function virtual channel */
	[0x09] = { 0x1c, 0, cap_length_vc },	       /* virtual channel, where 0x08 is too */
	[0x0a] = { 20 },			       /* root complex register block */
	[0x0b] = { 8, 0, cap_length_vsec },	       /* vendor specific */
	[0x0d] = { 8, 40, cap_length_acs },	       /* access control services */
	[0x0e] = { 8 },				       /* alternative routing id */
	[0x0f] = { 8 },				       /* address translation services */
	[0x10] = { 0x40 },			       /* single root I/O virtualization */
	[0x12] = { 0x28, 0x30, cap_length_multicast }, /* multicast */
	[0x13] = { 16 },			       /* page request interface */
	[0x15] = { 12, 0, cap_length_rebar },	       /* resizable BARs */
	[0x16] = { 17, 48, cap_length_dpa },	       /* dynamic power allocation */
	[0x17] = { 12, 0, cap_length_tph },	       /* TLP processing hints */
	[0x18] = { 8 },				       /* latency tolerance reporting */
	[0x19] = { 16, 76, cap_length_secondary },     /* secondary PCI Express */
	[0x1b] = { 8 },				       /* process address space id */
	[0x1c] = { 8 },				       /* lightweight notification */
	[0x1d] = { 12, 0x5c, cap_length_dpc },	       /* downstream port containment */
	[0x1e] = { 16, 20, cap_length_l1pm },	       /* L1 power management substates */
	[0x1f] = { 12 },			       /* precision time measurement */
	[0x21] = { 16 },			       /* function readiness status */
	[0x22] = { 12 },			       /* readiness time reporting */
	[0x23] = { 12, 0, cap_length_vsec },	       /* designated vendor specific */
	[0x24] = { 12, 0, cap_length_rebar },	       /* resizable BARs of virtual functions */
	[0x25] = { 12 },			       /* data link feature */
	[0x26] = { 0x24, 0x40, cap_length_16gt },      /* physical layer at 16 GT/s */
	[0x27] = { 12, 136, cap_length_margining },    /* lane margining */
	[0x28] = { 0x20 },			       /* hierarchy id */
	[0x29] = { 16 },			       /* enclosure management */
	[0x2a] = { 0x24, 0x40, cap_length_16gt },      /* physical layer at 32 GT/s */
	[0x2b] = { 0x18 },			       /* alternate protocol */
	[0x2c] = { 0x14 },			       /* system firmware intermediary */
	[0x2e] = { 0x18 },			       /* data object exchange */
	[0x2f] = { 16 },			       /* device 3 */
	[0x30] = { 12, 0, cap_length_ide },	       /* integrity and data encryption */
	[0x31] = { 0x14, 0x30, cap_length_64gt },      /* physical layer at 64 GT/s */
};

static const struct length *cap_length_find_row(const struct capability *cap)
{
	if (cap->extended)
		return cap->id < ARRAY_SIZE(cap_length_extended) ? &cap_length_extended[cap->id] :
								   NULL;
	return cap->id < ARRAY_SIZE(cap_length_standard) ? &cap_length_standard[cap->id] : NULL;
}

void cap_length_measure(const struct device *device, struct capability *cap)
{
	const struct length *row = cap_length_find_row(cap);
	unsigned length;

	cap->length = cap->most = 0;
	if (!row)
		return;
	length = row->fn ? row->fn(device, cap) : row->fixed;
	/* a length below the minimum is invalid */
	if (length < row->fixed)
		return;
	cap->length = (uint16_t)(length < CAP_CHAIN_CONFIG_SIZE ? length : CAP_CHAIN_CONFIG_SIZE);
	cap->most = row->most > cap->length ? row->most : cap->length;
}
