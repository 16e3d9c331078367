// SPDX-License-Identifier: GPL-2.0-only
/*
 * Configuration space for the holder of the device: its identity and its capabilities.
 *
 * Never shown: places in the host's memory (base addresses, bridge windows, message addresses,
 * logged headers), mailboxes, and registers that the tables below do not know. Unknown registers
 * are not even read, because a read may have side effects. The header of a hidden capability is
 * shown.
 */

#include <linux/pm_runtime.h>
#include <linux/slab.h>

#include "devgroups.h"

#define CAPABILITIES_MAX 48
#define EXT_CAPABILITIES_MAX ((PCI_CFG_SPACE_EXP_SIZE - PCI_CFG_SPACE_SIZE) / 8)

/* The bits of each byte that are shown. */
struct config_filter {
	struct dg_entry *entry;
	struct pci_dev *pdev; /* a reference */
	u8 mask[PCI_CFG_SPACE_EXP_SIZE];
};

struct config_cap {
	u16 id;
	u16 size; /* bytes that are shown, from its start */
};

static const struct config_cap config_caps[] = {
	{ PCI_CAP_ID_PM, PCI_PM_SIZEOF },
	{ PCI_CAP_ID_SLOTID, 4 },
	{ PCI_CAP_ID_MSI, 4 },
	{ PCI_CAP_ID_PCIX, 8 },
	{ PCI_CAP_ID_VNDR, 3 },
	{ PCI_CAP_ID_DBG, 4 },
	{ PCI_CAP_ID_SSVID, 8 },
	{ PCI_CAP_ID_MSIX, PCI_CAP_MSIX_SIZEOF },
	{ PCI_CAP_ID_EXP, PCI_EXP_SLTSTA2 + 2 },
	{ PCI_CAP_ID_AF, PCI_CAP_AF_SIZEOF },
};

static const struct config_cap config_ext_caps[] = {
	{ PCI_EXT_CAP_ID_ERR, PCI_ERR_HEADER_LOG },
	{ PCI_EXT_CAP_ID_VC, 0x1c },
	{ PCI_EXT_CAP_ID_DSN, PCI_EXT_CAP_DSN_SIZEOF },
	{ PCI_EXT_CAP_ID_PWR, 16 },
	{ PCI_EXT_CAP_ID_VNDR, 8 },
	{ PCI_EXT_CAP_ID_ACS, 8 },
	{ PCI_EXT_CAP_ID_ARI, PCI_EXT_CAP_ARI_SIZEOF },
	{ PCI_EXT_CAP_ID_ATS, PCI_EXT_CAP_ATS_SIZEOF },
	{ PCI_EXT_CAP_ID_SRIOV, PCI_SRIOV_BAR },
	{ PCI_EXT_CAP_ID_PRI, PCI_EXT_CAP_PRI_SIZEOF },
	{ PCI_EXT_CAP_ID_TPH, 12 },
	{ PCI_EXT_CAP_ID_LTR, PCI_EXT_CAP_LTR_SIZEOF },
	{ PCI_EXT_CAP_ID_SECPCI, 12 },
	{ PCI_EXT_CAP_ID_PASID, PCI_EXT_CAP_PASID_SIZEOF },
	{ PCI_EXT_CAP_ID_DPC, 12 },
	{ PCI_EXT_CAP_ID_L1SS, 16 },
	{ PCI_EXT_CAP_ID_PTM, 12 },
	{ PCI_EXT_CAP_ID_DVSEC, 10 },
	{ PCI_EXT_CAP_ID_DLF, 12 },
	{ PCI_EXT_CAP_ID_PL_16GT, 16 },
};

/* Returns how many bytes of a capability are shown: its @header if the table does not know it. */
static unsigned int config_cap_size(const struct config_cap *table, size_t n, unsigned int id,
				    unsigned int header)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (table[i].id == id)
			return table[i].size;
	return header;
}

/* --- one access --- */

/*
 * Begins an access to the device. The bus of a device that is deleted may be gone, too, so the
 * deletion waits for the end of the access (dg_registry_del()). Returns false if it is deleted.
 */
static bool config_begin(struct config_filter *filter)
{
	down_read(&filter->entry->access);
	if (!READ_ONCE(filter->entry->dead))
		return true;
	up_read(&filter->entry->access);
	return false;
}

/*
 * The accesses are those of the kernel's own "config": they wait for the end of a reset, and block
 * no other access. pci_cfg_access_lock() would make resets and opens of VFIO fail while a program
 * reads in a loop.
 */
static u32 config_read_dword(struct config_filter *filter, unsigned int at)
{
	u32 value = ~0;

	if (!config_begin(filter))
		return value;
	pci_user_read_config_dword(filter->pdev, at, &value);
	up_read(&filter->entry->access);
	return value;
}

static u16 config_read_word(struct config_filter *filter, unsigned int at)
{
	u16 value = ~0;

	if (!config_begin(filter))
		return value;
	pci_user_read_config_word(filter->pdev, at, &value);
	up_read(&filter->entry->access);
	return value;
}

static u8 config_read_byte(struct config_filter *filter, unsigned int at)
{
	u8 value = ~0;

	if (!config_begin(filter))
		return value;
	pci_user_read_config_byte(filter->pdev, at, &value);
	up_read(&filter->entry->access);
	return value;
}

static void config_show(struct config_filter *filter, unsigned int at, unsigned int size)
{
	if (at < sizeof(filter->mask))
		memset(filter->mask + at, 0xff, min_t(size_t, size, sizeof(filter->mask) - at));
}

/* --- what is shown --- */

/* Shows the lowest bits of base address registers: the kind of each. */
static void config_show_bars(struct config_filter *filter, unsigned int at, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		u32 bar = config_read_dword(filter, at + 4 * i);

		if (bar & PCI_BASE_ADDRESS_SPACE_IO) {
			filter->mask[at + 4 * i] = (u8)~PCI_BASE_ADDRESS_IO_MASK;
			continue;
		}
		filter->mask[at + 4 * i] = (u8)~PCI_BASE_ADDRESS_MEM_MASK;
		if ((bar & PCI_BASE_ADDRESS_MEM_TYPE_MASK) == PCI_BASE_ADDRESS_MEM_TYPE_64)
			i++;
	}
}

static void config_show_header(struct config_filter *filter)
{
	config_show(filter, 0, PCI_BASE_ADDRESS_0);
	config_show(filter, PCI_CAPABILITY_LIST, 1);
	config_show(filter, PCI_INTERRUPT_LINE, 4);
	switch (filter->pdev->hdr_type) {
	case PCI_HEADER_TYPE_NORMAL:
		config_show_bars(filter, PCI_BASE_ADDRESS_0, PCI_STD_NUM_BARS);
		config_show(filter, PCI_SUBSYSTEM_VENDOR_ID, 4);
		break;
	case PCI_HEADER_TYPE_BRIDGE:
		config_show_bars(filter, PCI_BASE_ADDRESS_0, 2);
		config_show(filter, PCI_PRIMARY_BUS, 4);
		filter->mask[PCI_IO_BASE] = PCI_IO_RANGE_TYPE_MASK;
		filter->mask[PCI_IO_LIMIT] = PCI_IO_RANGE_TYPE_MASK;
		config_show(filter, PCI_SEC_STATUS, 2);
		filter->mask[PCI_PREF_MEMORY_BASE] = PCI_PREF_RANGE_TYPE_MASK;
		filter->mask[PCI_PREF_MEMORY_LIMIT] = PCI_PREF_RANGE_TYPE_MASK;
		break;
	}
}

static void config_show_caps(struct config_filter *filter)
{
	u8 next = config_read_byte(filter, PCI_CAPABILITY_LIST);
	unsigned int at, n;

	for (n = 0; n < CAPABILITIES_MAX; n++) {
		u16 header;

		at = next & ~3;
		if (at < PCI_STD_HEADER_SIZEOF)
			return;
		header = config_read_word(filter, at);
		if (PCI_POSSIBLE_ERROR(header))
			return;
		config_show(filter, at,
			    config_cap_size(config_caps, ARRAY_SIZE(config_caps), header & 0xff,
					    2));
		next = header >> 8;
	}
}

static void config_show_ext_caps(struct config_filter *filter)
{
	unsigned int at = PCI_CFG_SPACE_SIZE, n, id;

	for (n = 0; n < EXT_CAPABILITIES_MAX && at >= PCI_CFG_SPACE_SIZE; n++) {
		u32 header = config_read_dword(filter, at);

		if (!header || PCI_POSSIBLE_ERROR(header))
			return;
		id = PCI_EXT_CAP_ID(header);
		config_show(filter, at,
			    config_cap_size(config_ext_caps, ARRAY_SIZE(config_ext_caps), id, 4));
		if (id == PCI_EXT_CAP_ID_SRIOV && at + PCI_SRIOV_VFM <= PCI_CFG_SPACE_EXP_SIZE)
			config_show_bars(filter, at + PCI_SRIOV_BAR, PCI_SRIOV_NUM_BARS);
		if (id == PCI_EXT_CAP_ID_ERR)
			config_show(filter, at + PCI_ERR_ROOT_COMMAND, 12);
		at = PCI_EXT_CAP_NEXT(header);
	}
}

/* --- reading --- */

/*
 * Returns the byte that closes a bridge window: base above limit, because zeroes would open it. 0
 * for all other registers.
 */
static u8 config_closed_window(unsigned int at)
{
	switch (at) {
	case PCI_IO_BASE:
	case PCI_MEMORY_BASE:
	case PCI_PREF_MEMORY_BASE:
		return 0xf0;
	case PCI_MEMORY_BASE + 1:
	case PCI_PREF_MEMORY_BASE + 1:
		return 0xff;
	default:
		return 0;
	}
}

static void config_copy(struct config_filter *filter, char *buf, loff_t off, size_t count)
{
	bool bridge = filter->pdev->hdr_type == PCI_HEADER_TYPE_BRIDGE;
	size_t i;

	for (i = 0; i < count; i++) {
		u8 value = 0;

		if (filter->mask[off + i])
			value = config_read_byte(filter, off + i);
		buf[i] = (value & filter->mask[off + i]) |
			 (bridge ? config_closed_window(off + i) : 0);
	}
}

/*
 * Wakes the device only out of D3cold, as the kernel does for its own "config". The caller holds a
 * reference to @parent, because the device may be deleted while it is read.
 */
static void config_pm_get(struct pci_dev *pdev, struct device *parent)
{
	struct device *dev = &pdev->dev;

	if (parent)
		pm_runtime_get_sync(parent);
	pm_runtime_get_noresume(dev);
	pm_runtime_barrier(dev);
	if (pdev->current_state == PCI_D3cold)
		pm_runtime_resume(dev);
}

static void config_pm_put(struct pci_dev *pdev, struct device *parent)
{
	pm_runtime_put(&pdev->dev);
	if (parent)
		pm_runtime_put_sync(parent);
}

/* Takes references for a reader: the device may be deleted at any moment, and its parent freed. */
static int config_get_device(struct dg_entry *entry, struct pci_dev **pdev, struct device **parent)
{
	int ret = -ENODEV;

	mutex_lock(&dg_registry_lock);
	if (!entry->dead) {
		*pdev = pci_dev_get(entry->pdev);
		*parent = get_device(entry->pdev->dev.parent);
		ret = 0;
	}
	mutex_unlock(&dg_registry_lock);
	return ret;
}

static ssize_t config_copy_visible(struct config_filter *filter, char *buf, loff_t off,
				   size_t count)
{
	config_show_header(filter);
	config_show_caps(filter);
	if (filter->pdev->cfg_size > PCI_CFG_SPACE_SIZE)
		config_show_ext_caps(filter);
	config_copy(filter, buf, off, count);
	return READ_ONCE(filter->entry->dead) ? -ENODEV : count;
}

/* Called without a lock: waking the device and each access may wait. */
ssize_t dg_config_read(struct dg_entry *entry, char *buf, loff_t off, size_t count)
{
	struct config_filter *filter;
	struct device *parent;
	ssize_t ret;

	filter = kzalloc(sizeof(*filter), GFP_KERNEL);
	if (!filter)
		return -ENOMEM;
	filter->entry = entry;
	ret = config_get_device(entry, &filter->pdev, &parent);
	if (ret)
		goto err_free_filter;

	if (off < filter->pdev->cfg_size) {
		count = min_t(size_t, count, filter->pdev->cfg_size - off);
		config_pm_get(filter->pdev, parent);
		ret = config_copy_visible(filter, buf, off, count);
		config_pm_put(filter->pdev, parent);
	}
	put_device(parent);
	pci_dev_put(filter->pdev);
err_free_filter:
	kfree(filter);
	return ret;
}
