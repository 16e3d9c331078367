/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DEVGROUPS_H
#define DEVGROUPS_H

/*
 * Devices (entries) and the IOMMU groups they are in (groups).
 *
 * dg_registry_lock guards both. It is the innermost lock: while it is held, memory is allocated,
 * but no other lock is taken. The bus notifiers update the registry under it, so a thread that
 * holds it delays every bind and unbind. It is held for one device at a time, and never at the pace
 * of a reader of files.
 *
 * A device that is deleted passes the notifier first, which marks its entry dead. So the device of
 * an entry that is not dead, and the objects it refers to, can be read under the lock.
 *
 * Files are created, filled and removed in a work item (publish.c). A reader copies the text that
 * the work has left there. "config" alone is read from the device: see config.c.
 */

#include <linux/cred.h>
#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/kobject.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/rwsem.h>
#include <linux/types.h>

/* The owner of a group's DMA. The values are those of the tracepoint "owner". */
enum dg_owner { DG_OWNER_UNKNOWN, DG_OWNER_NONE, DG_OWNER_KERNEL, DG_OWNER_USER };

/* The isolation by a function: of the devices behind it, or of its sister functions. */
enum dg_acs {
	DG_ACS_UNKNOWN, /* the device has never answered */
	DG_ACS_ISOLATES,
	DG_ACS_OFF, /* the capability is there, but not enabled */
	DG_ACS_MISSING,
};

/* The ACS control of a device. The kernel takes a bit that the hardware lacks for one that is on.
 */
struct dg_acs_control {
	bool known;
	u16 value;    /* confirmed: a reset clears the register until its state is restored */
	bool differs; /* reads as @other since @since */
	u16 other;
	unsigned long since; /* jiffies */
};

/* An IOMMU group that has, or had, devices. */
struct dg_group {
	struct kref ref;
	struct list_head node;	   /* in dg_registry_groups until it is unpublished */
	struct iommu_group *iommu; /* a reference; NULL after its last device is gone */
	int id;
	u64 instance;
	u64 generation; /* of /sys/devgroups, after the last change of this group */
	struct list_head entries;

	/* Used by the publishing work only: */
	struct device *dev; /* NULL: not published */
	struct kobject *members, *devices;
	struct list_head files; /* struct dg_member */
	bool ready;		/* the directory is complete, so events may be sent */

	int owner; /* enum dg_owner: the last one that was traced */
};

/* A device on PCI, or on another bus and in a group. */
struct dg_entry {
	struct kref ref;
	struct hlist_node hash;
	struct device *dev; /* a reference; NULL: dead */
	bool dead;
	bool driven;		/* a driver that works through the kernel's DMA API is bound */
	struct dg_group *group; /* a reference; NULL: none */
	struct list_head in_group;
	struct dg_entry *leader;    /* isolation.c: the lowest device that causes tie it to */
	struct rw_semaphore access; /* held during an access to the device without the lock */

	/* PCI: the tree of bridges. A VF is a child of the bridge above its PF. */
	struct pci_dev *pdev;	   /* NULL: not PCI */
	struct dg_entry *parent;   /* a reference; NULL: on a root bus */
	struct dg_entry *physfn;   /* a reference; NULL: no VF */
	struct list_head children; /* sorted */
	struct list_head sibling;
	u8 bus, devfn;
	int domain;
	struct dg_acs_control acs;
	enum dg_acs acs_joined; /* state when the device got its group */
	enum dg_acs acs_tied;	/* state when a device behind it joined the same group */
};

extern struct mutex dg_registry_lock;
extern struct list_head dg_registry_groups;
extern struct list_head dg_tree_roots; /* PCI entries without a parent, sorted */

/* registry.c */
int dg_registry_add(struct device *dev);
void dg_registry_del(struct device *dev);
void dg_registry_clear(void);
int dg_registry_unbound(struct device *dev);
bool dg_registry_has_driver(struct device *dev);
void dg_registry_entry_put(struct dg_entry *entry);
void dg_registry_group_put(struct dg_group *group);
u64 dg_registry_next_instance(void);
struct iommu_group *dg_registry_get_iommu(struct dg_group *group);
bool dg_registry_sample_acs(bool *ret_again);

static inline struct dg_entry *dg_registry_entry_get(struct dg_entry *entry)
{
	kref_get(&entry->ref);
	return entry;
}

/*
 * Tells whether an IOMMU is between the device and memory. The kernel makes groups without one in
 * VFIO's no-IOMMU mode. On POWER, groups of earlier kernels come from the platform alone.
 */
static inline bool dg_registry_has_iommu(const struct device *dev)
{
	return IS_ENABLED(CONFIG_PPC) || (dev->iommu && dev->iommu->iommu_dev);
}

static inline bool dg_registry_same_group(const struct dg_entry *a, const struct dg_entry *b)
{
	return a->group && a->group == b->group;
}

/*
 * Removes a directory after all readers of its files have returned. To drop the last reference
 * alone might remove it later, and its name would be taken until then. NULL does nothing.
 */
static inline void dg_dir_remove(struct kobject *dir)
{
	kobject_del(dir);
	kobject_put(dir);
}

/* tree.c */
int dg_tree_cmp(const struct dg_entry *a, const struct dg_entry *b);
void dg_tree_insert(struct dg_entry *entry);
struct dg_entry *dg_tree_next(struct dg_entry *top, struct dg_entry *entry);
struct list_head *dg_tree_siblings(struct dg_entry *entry);
bool dg_tree_same_slot(const struct dg_entry *a, const struct dg_entry *b);

/* Visits all entries below @top, a bridge before the devices behind it. */
#define dg_tree_for_each_below(entry, top) \
	for ((entry) = dg_tree_next(top, top); (entry); (entry) = dg_tree_next(top, entry))

/* scan.c */
int dg_scan(void);

/* notify.c */
int dg_notify_start(void);
void dg_notify_stop(void);

/* publish.c */
int dg_publish_start(void);
void dg_publish_stop(void);
void dg_publish_soon(void);
void dg_publish_now(void);
void dg_publish_scan_again(void);
void dg_publish_trace_owners(void);

/* poll.c */
void dg_poll_start(void);
void dg_poll_stop(void);

/* group.c */
int dg_group_class_create(void);
void dg_group_class_destroy(void);
int dg_group_publish(struct dg_group *group, struct kobject *root);
void dg_group_unpublish(struct dg_group *group, struct kobject *root);
void dg_group_event(struct dg_group *group, enum kobject_action action);

/* owner.c */
enum dg_owner dg_owner(struct dg_group *group, struct iommu_group *iommu);
const char *dg_owner_name(enum dg_owner owner);
void dg_owner_trace(struct dg_group *group);
bool dg_owner_isolated_msi(struct dg_group *group, struct iommu_group *iommu);

/* The text of a file while it is printed. */
struct dg_text {
	char *buf;
	size_t size, room; /* bytes printed, and allocated */
	bool failed;	   /* the text is incomplete, for lack of memory */
};

__printf(2, 3) void dg_text_printf(struct dg_text *text, const char *format, ...);
void dg_text_clear(struct dg_text *text);

/* Print the files of a device. Called under dg_registry_lock, with an entry that is not dead. */
void dg_isolation_print(struct dg_entry *entry, struct dg_text *text);
void dg_aliases_print(struct dg_entry *entry, struct dg_text *text);
void dg_reset_print_scope(struct dg_entry *entry, struct dg_text *text);
void dg_quirks_print(struct dg_entry *entry, struct dg_text *text);
void dg_features_print_pasid(struct dg_entry *entry, struct dg_text *text);
void dg_features_print_pri(struct dg_entry *entry, struct dg_text *text);
void dg_features_print_ats(struct dg_entry *entry, struct dg_text *text);
void dg_features_print_physfn(struct dg_entry *entry, struct dg_text *text);
void dg_resource_print(struct dg_entry *entry, struct dg_text *text);

/* isolation.c. The first is called for a group before the files of its devices are printed. */
void dg_isolation_find_leaders(struct list_head *entries);

/* acs.c */
enum dg_acs dg_acs_state(struct dg_entry *entry);
bool dg_acs_sample(struct dg_entry *entry, bool *ret_again);
void dg_acs_note_join(struct dg_entry *entry);

/* aliases.c */
bool dg_aliases_by_bridge(const struct dg_entry *bridge);
bool dg_aliases_between(const struct dg_entry *a, const struct dg_entry *b);

/* config.c */
ssize_t dg_config_read(struct dg_entry *entry, char *buf, loff_t off, size_t count);

/* member.c */
struct dg_member;
struct dg_member *dg_member_new(struct dg_entry *entry);
int dg_member_refresh(struct dg_member *member, bool *changed);
int dg_member_publish(struct dg_member *member, struct dg_group *group);
void dg_member_free(struct dg_member *member);
bool dg_member_is_stale(const struct dg_member *member, const struct dg_group *group);
bool dg_member_has_entry(const struct dg_member *member, const struct dg_entry *entry);
struct list_head *dg_member_node(struct dg_member *member);
struct dg_member *dg_member_from_node(struct list_head *node);

#endif
