/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Made devices for unittest.c, which includes the sources under test before. Their configuration
 * space is memory, and no bus has them.
 */

#define AT_EXPRESS 0x40
#define AT_ACS 0x100

/* A device with a bus of its own for its configuration space. */
struct made {
	struct dg_entry entry;
	struct pci_dev pdev;
	struct pci_bus bus;
	struct pci_sysdata sysdata;
	u8 config[PCI_CFG_SPACE_EXP_SIZE];
	DECLARE_BITMAP(read, PCI_CFG_SPACE_EXP_SIZE); /* the bytes that were read */
	DECLARE_BITMAP(aliases, FUNCTIONS_PER_BUS);
	bool silent; /* does not answer */
	struct iommu_device iommu_device;
	struct dev_iommu iommu;
};

static struct made *made_from_bus(struct pci_bus *bus)
{
	return container_of(bus, struct made, bus);
}

static int made_read(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 *value)
{
	struct made *made = made_from_bus(bus);

	*value = 0;
	if (made->silent) {
		*value = ~0;
		return PCIBIOS_SUCCESSFUL;
	}
	bitmap_set(made->read, where, size);
	memcpy(value, made->config + where, size);
	return PCIBIOS_SUCCESSFUL;
}

static struct pci_ops made_ops = { .read = made_read };

static void made_join(struct made *made, struct dg_group *group)
{
	struct dg_entry *other;

	made->entry.group = group;
	list_for_each_entry_reverse(other, &group->entries, in_group)
		if (dg_tree_cmp(other, &made->entry) < 0)
			break;
	list_add(&made->entry.in_group, &other->in_group);
	mutex_lock(&dg_registry_lock);
	dg_acs_note_join(&made->entry);
	mutex_unlock(&dg_registry_lock);
}

static struct dg_group *made_group_new(struct kunit *test)
{
	struct dg_group *group = kunit_kzalloc(test, sizeof(*group), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, group);
	INIT_LIST_HEAD(&group->entries);
	return group;
}

/* @type: as in pci_pcie_type(), negative: conventional PCI. @group NULL: none yet. */
static struct made *made_new(struct kunit *test, const char *name, struct made *parent,
			     struct dg_group *group, int type)
{
	struct made *made = kunit_kzalloc(test, sizeof(*made), GFP_KERNEL);
	struct pci_dev *pdev = &made->pdev;
	unsigned int domain, bus, slot, function;
	int n = sscanf(name, "%x:%x:%x.%u", &domain, &bus, &slot, &function);

	KUNIT_ASSERT_NOT_NULL(test, made);
	KUNIT_ASSERT_EQ(test, 4, n);
	made->bus.ops = &made_ops;
	made->bus.number = bus;
	made->bus.sysdata = &made->sysdata;
	made->sysdata.domain = domain;
	pdev->bus = &made->bus;
	pdev->devfn = PCI_DEVFN(slot, function);
	pdev->dev.init_name = name;
	pdev->cfg_size = PCI_CFG_SPACE_EXP_SIZE;
	if (type >= 0) {
		pdev->pcie_cap = AT_EXPRESS;
		pdev->pcie_flags_reg = type << 4;
	}
	made->iommu.iommu_dev = &made->iommu_device;
	pdev->dev.iommu = &made->iommu;
	made->entry.dev = &pdev->dev;
	made->entry.pdev = pdev;
	made->entry.domain = domain;
	made->entry.bus = bus;
	made->entry.devfn = pdev->devfn;
	made->entry.parent = parent ? &parent->entry : NULL;
	init_rwsem(&made->entry.access);
	INIT_LIST_HEAD(&made->entry.children);
	dg_tree_insert(&made->entry);
	if (group)
		made_join(made, group);
	return made;
}

static struct made *made_new_bridge(struct kunit *test, const char *name, struct made *parent,
				    struct dg_group *group, int type)
{
	struct made *made = made_new(test, name, parent, NULL, type);

	made->pdev.hdr_type = PCI_HEADER_TYPE_BRIDGE;
	if (group)
		made_join(made, group);
	return made;
}

static struct made *made_new_function(struct kunit *test, const char *name, struct dg_group *group)
{
	struct made *made = made_new(test, name, NULL, NULL, PCI_EXP_TYPE_ENDPOINT);

	made->pdev.multifunction = 1;
	made_join(made, group);
	return made;
}

static void made_give_alias(struct made *made, unsigned int devfn)
{
	made->pdev.dma_alias_mask = made->aliases;
	set_bit(devfn, made->aliases);
}

static void made_put_word(struct made *made, unsigned int at, u16 value)
{
	memcpy(made->config + at, &value, sizeof(value));
}

static void made_put_dword(struct made *made, unsigned int at, u32 value)
{
	memcpy(made->config + at, &value, sizeof(value));
}

/* Called before the device joins a group. */
static void made_give_acs(struct made *made, bool on)
{
	made->pdev.acs_cap = AT_ACS;
	made_put_word(made, AT_ACS + PCI_ACS_CAP, ACS_REQUIRED);
	made_put_word(made, AT_ACS + PCI_ACS_CTRL, on ? ACS_REQUIRED : 0);
}

/* Returns a root port with ACS. */
static struct made *made_new_port(struct kunit *test, bool acs_on, struct dg_group *group)
{
	struct made *port =
		made_new_bridge(test, "0000:00:03.0", NULL, NULL, PCI_EXP_TYPE_ROOT_PORT);

	made_give_acs(port, acs_on);
	made_join(port, group);
	return port;
}

static void made_set_acs(struct made *made, bool on)
{
	made_put_word(made, AT_ACS + PCI_ACS_CTRL, on ? ACS_REQUIRED : 0);
}

static bool made_sample_acs(struct made *made)
{
	bool again = false, changed;

	mutex_lock(&dg_registry_lock);
	changed = dg_acs_sample(&made->entry, &again);
	mutex_unlock(&dg_registry_lock);
	return changed;
}

/* Lets the time pass after which a new value counts. */
static void made_wait_for_acs(struct made *made)
{
	made->entry.acs.since -= ACS_CONFIRM + 1;
}

/* Sets the register and lets it count. Returns whether the device reads as another one then. */
static bool made_settle_acs(struct made *made, bool on)
{
	made_set_acs(made, on);
	made_sample_acs(made);
	made_wait_for_acs(made);
	return made_sample_acs(made);
}

/* --- the filter --- */

static u8 *made_filter(struct kunit *test, struct made *made)
{
	struct config_filter *filter = kunit_kzalloc(test, sizeof(*filter), GFP_KERNEL);
	u8 *shown = kunit_kzalloc(test, PCI_CFG_SPACE_EXP_SIZE, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, filter);
	KUNIT_ASSERT_NOT_NULL(test, shown);
	filter->entry = &made->entry;
	filter->pdev = &made->pdev;
	KUNIT_EXPECT_EQ(test, (ssize_t)PCI_CFG_SPACE_EXP_SIZE,
			config_copy_visible(filter, shown, 0, PCI_CFG_SPACE_EXP_SIZE));
	return shown;
}

/* --- texts --- */

typedef void (*print_fn)(struct dg_entry *entry, struct dg_text *text);

static void made_expect_text(struct kunit *test, struct made *made, print_fn print,
			     const char *expected)
{
	struct dg_text text = {};
	char *got;

	mutex_lock(&dg_registry_lock);
	if (made->entry.group)
		dg_isolation_find_leaders(&made->entry.group->entries);
	print(&made->entry, &text);
	mutex_unlock(&dg_registry_lock);
	KUNIT_EXPECT_FALSE(test, text.failed);
	got = kunit_kzalloc(test, text.size + 1, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, got);
	if (text.size)
		memcpy(got, text.buf, text.size);
	dg_text_clear(&text);
	KUNIT_EXPECT_STREQ(test, expected, (const char *)got);
}

static void made_expect_causes(struct kunit *test, struct made *made, const char *expected)
{
	made_expect_text(test, made, dg_isolation_print, expected);
}
