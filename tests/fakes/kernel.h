/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A kernel for tests: a library for LD_PRELOAD that gives the files below one directory, the tree,
 * the behaviour of sysfs, of /dev/vfio and of kernel events. It is loaded into devgroupd and its
 * workers, and into programs that are meant to run on that host. It keeps no state in memory: all
 * of it is in the tree, so any number of processes see the same kernel. docs/testing.md describes
 * the tree for those who write tests.
 *
 * State beside the files that a host has:
 *
 *	.kernel/devices/ADDRESS/	drivers	the host drivers that know the device
 *					index	a number of its own
 *					DRIVER.links, DRIVER/	what DRIVER adds to the device
 *	.kernel/modules/NAME		"BUS DRIVER" of each driver in the module
 *	.kernel/config			what the kernel supports: "group", "cdev", "iommufd".
 *	.kernel/open/N/			what is open of IOMMU group N (kernel-vfio.c).
 *	.kernel/containers/ID		the IOMMU type of a container.
 *	.kernel/listeners/PORT		sockets that receive events
 *	.kernel/clock			the time (kernel-clock.c)
 *	.kernel/locks/ADDRESS		locked while the device is bound or removed
 *	.kernel/log			each operation that has changed something
 *	.faults/OPERATION ADDRESS	kernel-fault.c
 *
 * A device node is a regular file whose modification time is its number: seconds for major,
 * nanoseconds for minor. Locks of open file descriptions tell what is open (kernel-vfio.c).
 */

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#define KERNEL_EXPORT __attribute__((visibility("default")))
#define KERNEL_PRINTF(n) __attribute__((format(printf, n, n + 1)))
#define KERNEL_TEXT 4096

/* --- kernel-tree.c: files of the tree. Paths have no leading slash; errors are negative. --- */

/* The directory, absolute and without a slash at its end; NULL: this process has no such host. */
extern const char *kernel_root;

/* Places "ROOT/PATH" in one of a few static buffers, which later calls use again. */
const char *kernel_path(const char *format, ...) KERNEL_PRINTF(1);
/* Writes a path below the root, such as "sys/devices/…". */
void kernel_place(char ret[static PATH_MAX], const char *format, ...) KERNEL_PRINTF(2);
/* Finds where an open file is. False: outside the tree. Removed files have no place either. */
bool kernel_tree_of_fd(int fd, char ret[static PATH_MAX]);
/* Does the same for a path that a program uses, without following links at its end. */
bool kernel_tree_of_path(int dir_fd, const char *path, char ret[static PATH_MAX]);
bool kernel_exists(const char *path);
/* Reads a file without the newline at its end. The text is empty if there is none. */
bool kernel_read(const char *path, char ret[static KERNEL_TEXT]);
/* Replaces the content of an existing or new file. */
void kernel_write(const char *path, const char *format, ...) KERNEL_PRINTF(2);
void kernel_append(const char *path, const char *text);
void kernel_remove_tree(const char *path);
void kernel_make_dirs(const char *path);
/* Makes a relative link at @path to @target, both in the tree. */
void kernel_link(const char *path, const char *target);
/* Reads the last component of a link. False: there is no such link. */
bool kernel_link_name(const char *path, char ret[static NAME_MAX + 1]);
/* Calls @fn with each name in a directory, in their order; a result other than 0 ends it. */
int kernel_each(const char *path, int (*fn)(const char *path, const char *name, void *userdata),
		void *userdata);
bool kernel_has_word(const char *text, const char *word);
/* Appends a line to .kernel/log. */
void kernel_log(const char *format, ...) KERNEL_PRINTF(1);
void kernel_sleep_ms(unsigned ms);

/* --- kernel-fault.c --- */
/*
 * Does what a test wants of an operation: returns 0 to go on, 1 if the operation is to succeed
 * without an effect, or negative errno.
 */
int kernel_fault(const char *operation, const char *address);
/* Returns the error that a test wants after the operation was done, or @r. */
int kernel_fault_after(const char *operation, const char *address, int r);

/* --- kernel-device.c: devices --- */
struct kernel_device {
	char bus[NAME_MAX + 1];
	char name[NAME_MAX + 1];
	char dir[PATH_MAX]; /* "sys/devices/…" */
};
bool kernel_device_find(const char *bus, const char *name, struct kernel_device *ret);
/* Finds the device whose directory this is, such as that of an attribute. */
bool kernel_device_at(const char *dir, struct kernel_device *ret);
/* Returns the IOMMU group, or -1. */
int kernel_device_group(const struct kernel_device *device);
bool kernel_device_driver(const struct kernel_device *device, char ret[static NAME_MAX + 1]);
/* Reads "drivers" and the like of .kernel/devices/ADDRESS. */
bool kernel_device_note(const struct kernel_device *device, const char *name,
			char ret[static KERNEL_TEXT]);
/*
 * Announces a device whose directory exists, in this IOMMU group, and lets drivers probe it. One
 * that is captured is for vfio-pci alone.
 */
void kernel_device_add(const struct kernel_device *device, int group, bool captured);
/* Takes the device away, and everything that depends on it. */
void kernel_device_remove(const struct kernel_device *device);
/* Brings back the devices that were removed below @dir. */
void kernel_device_rescan(const char *dir);
void kernel_device_uevent(const struct kernel_device *device, const char *action,
			  const char *extra);

/* --- kernel-driver.c: what the driver core does --- */
int kernel_driver_bind(const char *bus, const char *driver, const char *address);
int kernel_driver_unbind(const char *bus, const char *driver, const char *address);
/* Unbinds the device from its driver, if it has one. */
int kernel_driver_release(const struct kernel_device *device);
int kernel_driver_probe(const char *bus, const char *address);
/* Probes a device that has just appeared. */
void kernel_driver_attach(const struct kernel_device *device);
int kernel_driver_add_id(const char *driver, const char *ids);
int kernel_driver_remove_id(const char *driver, const char *ids);
/* Load and unload a module: 0 or -ENOENT. */
int kernel_driver_load(const char *module);
int kernel_driver_unload(const char *module);
/* Tells whether this is a driver of VFIO. */
bool kernel_driver_is_vfio(const char *driver);

/* --- kernel-sriov.c, kernel-mdev.c --- */
int kernel_sriov_set(const struct kernel_device *pf, const char *value);
void kernel_sriov_end(const struct kernel_device *pf);
int kernel_mdev_create(const char *type_dir, const char *uuid);
int kernel_mdev_remove(const struct kernel_device *mdev);

/* --- kernel-attr.c: a write to an attribute. Returns @size or negative errno. --- */
ssize_t kernel_attr_write(const char *path, const char *data, size_t size);

/* --- kernel-lock.c: bytes of a file that an open file has locked --- */
/* 0 or -EBUSY. */
int kernel_lock_take(int fd, off_t at, bool shared);
void kernel_lock_drop(int fd, off_t at);
/* Tells whether an open file of @path has one of these bytes locked. */
bool kernel_lock_is_held(const char *path, off_t first, off_t last);
/*
 * Waits for the lock of a device: its removal and a bind do not overlap, as in the kernel. Returns
 * what kernel_unlock_device() takes.
 */
int kernel_lock_device(const char *name);
void kernel_unlock_device(int fd);

/* --- kernel-vfio.c: which nodes there are, and what is open --- */
#define KERNEL_AT_OPEN 0
#define KERNEL_AT_CONTAINER 1
#define KERNEL_AT_BOUND 1

/* The steps of binding and unbinding that concern VFIO. */
int kernel_vfio_check(const struct kernel_device *device);
void kernel_vfio_add(const struct kernel_device *device);
void kernel_vfio_wait(const struct kernel_device *device);
void kernel_vfio_delete(const struct kernel_device *device);
/* Names the file that stands for the open group, or, with @device, for an open device of it. */
void kernel_vfio_open_file(int group, const char *device, char ret[static PATH_MAX]);
/* Finds the node of the device itself: "dev/vfio/devices/vfio3". */
bool kernel_vfio_device_node(const struct kernel_device *device, char ret[static PATH_MAX]);
/* Finds the member @name of the group whose directory of members is @path. */
bool kernel_vfio_find_member(const char *path, const char *name, struct kernel_device *ret);
/* Tells whether the group, or a device of it by the group, is open. */
bool kernel_vfio_has_open_file(int group, bool devices_only);
/* Tells whether a member is bound to an iommufd. */
bool kernel_vfio_has_bound(int group);
/* Tells whether a process has a group attached to a container or an iommufd. */
bool kernel_vfio_owns(int group);
bool kernel_vfio_is_viable(int group);
bool kernel_vfio_is_open(const struct kernel_device *device);
/* Tells whether a device of the group may be bound to an iommufd: not while the group is open. */
bool kernel_vfio_may_bind(int group);

/* --- kernel-vfio-open.c --- */
/* Opens a node: the descriptor, negative errno, or INT_MIN if @path is no node of VFIO. */
int kernel_vfio_open(const char *path, int flags);
/* Runs an ioctl on the node at @path. Returns as ioctl(2), or INT_MIN if it is no node. */
int kernel_vfio_ioctl(int fd, const char *path, unsigned long request, void *argument);

/* --- kernel-vfio-device.c --- */
int kernel_iommufd_ioctl(int fd, unsigned long request, void *argument);
int kernel_iommufd_device_ioctl(int fd, const struct kernel_device *device, unsigned long request,
				void *argument);
int kernel_vfio_device_ioctl(const struct kernel_device *device, unsigned long request,
			     void *argument);

/* --- kernel-vfio-token.c --- */
/* Checks the VF token of a process that opens the device; NULL: it has none. 0 or -EACCES. */
int kernel_vfio_token_check(const struct kernel_device *device, const char *token);

/* --- kernel-reset.c --- */
int kernel_reset(const struct kernel_device *device);
int kernel_reset_set_method(const struct kernel_device *device, const char *value);
int kernel_reset_hot_info(const struct kernel_device *device, void *argument);
int kernel_reset_hot(const struct kernel_device *device, void *argument);

/* --- kernel-clock.c: for fake-kernel --- */
/* Moves the clock on, and sets its speed; 0: as it is. */
void kernel_clock_change(int64_t by_seconds, int64_t speed);
/* Wakes the processes that sleep by it. */
void kernel_clock_wake(void);

/* --- kernel-uevent.c --- */
/* Sends an event. @devpath is "sys/…"; @extra holds more lines "KEY=VALUE", or is NULL. */
void kernel_uevent(const char *action, const char *devpath, const char *subsystem,
		   const char *extra);
