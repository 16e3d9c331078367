/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <signal.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "base/strv.h"
#include "fake-tree.h"
#include "host-builder.h"
#include "sys/process.h"
#include "sys/usage/mounts.h"
#include "sys/usage/process-walk.h"
#include "sys/usage/usage-process.h"
#include "sys/usage/usage-scan.h"

/*
 * A fake tree of sysfs, procfs and /dev with these devices:
 *
 *	05:00.0			nvme0n1 with nvme0n1p1, which md0 uses, which dm-0 (vg-srv) uses
 *	06:00.0, 07:00.0	two paths to nvme1n1
 *	08:00.0			sda
 *	00:1f.0			LPC bridge with ttyS0 and tpm0 behind it, by ACPI
 */
static struct inventory *inv;

/* Adds a block device at "devices/PLACE", with its number. */
static void make_disk(const char *place, const char *number)
{
	const char *name = strrchr(place, '/') + 1;
	_cleanup_free_ char *class = str_printf("sys/class/block/%s", name);
	_cleanup_free_ char *dev = str_printf("sys/dev/block/%s", number);
	_cleanup_free_ char *target = str_printf("../../devices/%s", place);
	_cleanup_free_ char *file = str_printf("sys/devices/%s/dev", place);

	make_link(class, target);
	make_link(dev, target);
	make_file(file, number);
}

static void stack_block_device(const char *upper, const char *lower)
{
	_cleanup_free_ char *slave = str_printf("sys/class/block/%s/slaves/%s", upper, lower);
	_cleanup_free_ char *holder = str_printf("sys/class/block/%s/holders/%s", lower, upper);

	make_file(slave, "");
	make_file(holder, "");
}

static void make_disks(void)
{
	make_disk("pci0000:00/0000:00:06.0/0000:05:00.0/nvme/nvme0/nvme0n1", "259:0");
	make_disk("pci0000:00/0000:00:06.0/0000:05:00.0/nvme/nvme0/nvme0n1/nvme0n1p1", "259:1");
	make_disk("virtual/block/md0", "9:0");
	make_disk("virtual/block/dm-0", "253:0");
	make_file("sys/class/block/dm-0/dm/name", "vg-srv\n");
	make_file("sys/class/block/dm-0/dm/uuid", "LVM-abc\n");
	stack_block_device("md0", "nvme0n1p1");
	stack_block_device("dm-0", "md0");
	make_disk("virtual/nvme-subsystem/nvme-subsys1/nvme1n1", "259:5");
	make_link("sys/devices/virtual/nvme-subsystem/nvme-subsys1/nvme1",
		  "../../../pci0000:00/0000:06:00.0/nvme/nvme1");
	make_link("sys/devices/virtual/nvme-subsystem/nvme-subsys1/nvme2",
		  "../../../pci0000:00/0000:07:00.0/nvme/nvme2");
	make_disk("pci0000:00/0000:08:00.0/ata1/host0/target0:0:0/0:0:0:0/block/sda", "8:0");
}

static void make_tree(void)
{
	static const char *const addresses[] = { "0000:00:1f.0", "0000:05:00.0", "0000:06:00.0",
						 "0000:07:00.0", "0000:08:00.0", "0000:09:00.0" };

	fake_tree_make();
	inv = inventory_new();
	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++)
		host_builder_add_pci(inv, addresses[i], NULL, (int)i);
	make_disks();
}

static void remove_tree(void)
{
	inv = inventory_free(inv);
	fake_tree_remove();
}

/* --- usages --- */

/* Returns "holders md0 (RAID) nvme0n1p1; mounted /srv vg-srv". */
static char *uses_of(const char *address)
{
	_cleanup_strv_ char **list = NULL;

	VEC_FOREACH(const struct usage, usage, &inventory_find(inv, address)->usages) {
		_cleanup_free_ char *one =
			str_printf("%s %s%s%s", usage->kind, usage->what, usage->through ? " " : "",
				   str_or(usage->through, ""));

		ck_assert_int_eq(strv_add(&list, one), 0);
	}
	return strv_join(list, "; ");
}

#define ck_assert_uses(address, expected)                       \
	do {                                                    \
		_cleanup_free_ char *actual = uses_of(address); \
                                                                \
		ck_assert_str_eq(actual, expected);             \
	} while (0)

static bool refresh_usage(unsigned sources)
{
	bool changed;

	ck_assert_int_eq(usage_scan_refresh(&root, inv, sources, &changed), 0);
	return changed;
}

/* --- disks --- */

START_TEST(test_mount_is_traced_through_raid_and_lvm)
{
	make_file("proc/1/mountinfo",
		  "21 1 8:0 / / rw - ext4 /dev/sda rw\n"
		  "22 21 0:5 / /dev rw - devtmpfs udev rw\n"
		  "30 21 253:0 / /srv/with\\040blank rw shared:5 master:1 - xfs /dev/x rw\n"
		  "nonsense\n30 21\n31 x 1:y\n");
	ck_assert(refresh_usage(USAGE_OF_BLOCK));
	ck_assert_uses("0000:05:00.0",
		       "holders md0 (RAID) nvme0n1p1; mounted /srv/with blank vg-srv");
	ck_assert_uses("0000:08:00.0", "root-disk / sda");
	ck_assert_uses("0000:06:00.0", "");
	ck_assert(!refresh_usage(USAGE_OF_BLOCK));
	make_file("proc/1/mountinfo", "");
	ck_assert(refresh_usage(USAGE_OF_BLOCK));
	ck_assert_uses("0000:05:00.0", "holders md0 (RAID) nvme0n1p1");
	ck_assert_uses("0000:08:00.0", "");
}
END_TEST

START_TEST(test_disk_with_two_paths_marks_both)
{
	make_file("proc/1/mountinfo", "21 1 259:5 / /data rw - ext4 /dev/nvme1n1 rw\n");
	stack_block_device("md0", "nvme1n1");
	refresh_usage(USAGE_OF_BLOCK);
	ck_assert_uses("0000:06:00.0", "holders md0 (RAID) nvme1n1; mounted /data nvme1n1");
	ck_assert_uses("0000:07:00.0", "holders md0 (RAID) nvme1n1; mounted /data nvme1n1");
}
END_TEST

START_TEST(test_filesystem_mounted_elsewhere_is_found)
{
	make_file("sys/fs/ext4/sda/state", "1\n");
	make_file("sys/fs/ext4/features/lazy", "1\n");
	refresh_usage(USAGE_OF_BLOCK);
	ck_assert_uses("0000:08:00.0",
		       "mounted a filesystem (ext4) that is not mounted in the host's own "
		       "namespace sda");
	make_file("proc/1/mountinfo", "21 1 8:0 / /x rw - ext4 /dev/sda rw\n");
	refresh_usage(USAGE_OF_BLOCK);
	ck_assert_uses("0000:08:00.0", "mounted /x sda");
}
END_TEST

START_TEST(test_zfs_pool_and_bcache_are_holders)
{
	make_file("sys/class/block/sda/bcache/state", "clean\n");
	make_file("run/udev/data/b259:5",
		  "S:disk/by-id/x\nE:ID_FS_TYPE=zfs_member\nE:ID_FS_LABEL=tank\n");
	refresh_usage(USAGE_OF_BLOCK);
	ck_assert_uses("0000:08:00.0", "holders bcache sda");
	ck_assert_uses("0000:06:00.0", ""); /* the pool is not imported */
	make_file("proc/spl/kstat/zfs/tank/state", "ONLINE\n");
	refresh_usage(USAGE_OF_BLOCK);
	ck_assert_uses("0000:06:00.0", "holders tank (ZFS pool) nvme1n1");
}
END_TEST

/* The test cannot create device nodes. The device number of a regular file takes their place. */
START_TEST(test_swap_and_btrfs_are_found)
{
	_cleanup_free_ char *number = NULL, *mountinfo = NULL;
	struct stat st;

	make_file("dev/swap file", "");
	ck_assert_int_eq(fstatat(root.fd, "dev/swap file", &st, 0), 0);
	number = str_printf("sys/dev/block/%u:%u", major(st.st_dev), minor(st.st_dev));
	make_link(number,
		  "../../devices/pci0000:00/0000:08:00.0/ata1/host0/target0:0:0/0:0:0:0/block/sda");
	make_file("proc/swaps",
		  "Filename Type Size Used Priority\n/dev/swap\\040file file 1 0 -2\n");
	refresh_usage(USAGE_OF_BLOCK);
	ck_assert_uses("0000:08:00.0", "swap /dev/swap file sda");
	make_file("proc/swaps", "Filename Type Size Used Priority\n");

	make_file("sys/fs/btrfs/uuid/devices/sda", "");
	make_file("sys/fs/btrfs/uuid/devices/nvme1n1", "");
	make_file("sys/fs/btrfs/other/devices/nvme0n1", "");
	mountinfo = strdup("40 1 0:44 / /pool rw - btrfs /dev/swap\\040file rw\n");
	make_file("proc/1/mountinfo", mountinfo);
	refresh_usage(USAGE_OF_BLOCK);
	ck_assert_uses("0000:08:00.0", "mounted /pool sda");
	ck_assert_uses("0000:07:00.0", "mounted /pool nvme1n1");
	/* no line of mountinfo names this one: it is mounted in another namespace */
	ck_assert_uses(
		"0000:05:00.0",
		"holders md0 (RAID) nvme0n1p1; mounted a filesystem (btrfs) that is not mounted "
		"in the host's own namespace nvme0n1");
	make_link("sys/fs/bcachefs/uuid/dev-1/block", "../../../../block/nvme1n1");
	make_file("proc/1/mountinfo", "");
	refresh_usage(USAGE_OF_BLOCK);
	ck_assert_uses(
		"0000:07:00.0",
		"mounted a filesystem (bcachefs) that is not mounted in the host's own namespace "
		"nvme1n1; mounted a filesystem (btrfs) that is not mounted in the host's own "
		"namespace nvme1n1");
}
END_TEST

START_TEST(test_circle_of_block_devices_ends)
{
	stack_block_device(
		"nvme0n1p1",
		"dm-0"); /* no kernel shows a circle, but the daemon must not hang on one */
	stack_block_device("md0", "dm-0");
	make_file("proc/1/mountinfo", "30 21 253:0 / /srv rw - xfs /dev/x rw\n");
	refresh_usage(USAGE_OF_BLOCK);
	ck_assert_uses("0000:05:00.0", "holders md0 (RAID) nvme0n1p1; mounted /srv vg-srv");
}
END_TEST

/* --- consoles --- */

static void make_lpc(void)
{
	make_link("sys/devices/LNXSYSTM:00/LNXSYBUS:00/PNP0A08:00/device:20/physical_node",
		  "../../../../pci0000:00/0000:00:1f.0");
	make_link("sys/devices/pnp0/00:02/firmware_node",
		  "../../LNXSYSTM:00/LNXSYBUS:00/PNP0A08:00/device:20/PNP0501:00");
	make_file("sys/devices/LNXSYSTM:00/LNXSYBUS:00/PNP0A08:00/device:20/PNP0501:00/hid",
		  "PNP0501\n");
}

START_TEST(test_serial_console_is_found)
{
	make_lpc();
	make_link("sys/dev/char/4:64", "../../devices/pnp0/00:02/tty/ttyS0");
	make_link("sys/dev/char/4:68", "../../devices/pci0000:00/0000:09:00.0/tty/ttyS4");
	make_file("proc/consoles", "tty0                 -WU (EC p  )    4:1\n"
				   "ttyS0                -W- (EC p a)    4:64\n"
				   "ttyS4                -W- (   p a)    4:68\n"
				   "netcon0              -W- (E     )\n");
	ck_assert(refresh_usage(USAGE_OF_CONSOLE));
	ck_assert_uses("0000:00:1f.0", "console ttyS0");
	ck_assert_uses("0000:09:00.0", ""); /* not enabled */
	make_file("proc/consoles", "ttyS4 -W- (E p a)    4:68\n");
	refresh_usage(USAGE_OF_CONSOLE);
	ck_assert_uses("0000:09:00.0", "console ttyS4");
	ck_assert_uses("0000:00:1f.0", "");
}
END_TEST

START_TEST(test_screens_are_consoles)
{
	struct device *card = inventory_find(inv, "0000:09:00.0");

	card->resources[0] = (struct device_resource){ 0xc0000000, 0xcfffffff, 0x200 };
	card->class_code = 0x030000;
	make_file("proc/iomem", "00000000-00000fff : Reserved\n"
				"c0000000-cfffffff : 0000:09:00.0\n  c0000000-c02fffff : BOOTFB\n");
	refresh_usage(USAGE_OF_CONSOLE);
	ck_assert_uses("0000:09:00.0", "console the boot framebuffer");
	/* a driver has taken over: now it counts whether virtual terminals use the screen */
	make_file("proc/iomem", "c0000000-cfffffff : 0000:09:00.0\n");
	make_link("sys/class/graphics/fb0", "../../devices/pci0000:00/0000:09:00.0/graphics/fb0");
	make_file("sys/class/vtconsole/vtcon1/name", "(M) frame buffer device\n");
	make_file("sys/class/vtconsole/vtcon1/bind", "1\n");
	refresh_usage(USAGE_OF_CONSOLE);
	ck_assert_uses("0000:09:00.0", "console the screen of the virtual terminals");
	make_file("sys/class/vtconsole/vtcon1/bind", "0\n");
	make_file("sys/class/vtconsole/vtcon0/name", "(S) VGA+\n");
	make_file("sys/class/vtconsole/vtcon0/bind", "1\n");
	make_file("sys/bus/pci/devices/0000:09:00.0/boot_vga", "1\n");
	refresh_usage(USAGE_OF_CONSOLE);
	ck_assert_uses("0000:09:00.0", "console the VGA text screen");
}
END_TEST

START_TEST(test_tpm_is_found)
{
	make_lpc();
	make_link("sys/class/tpm/tpm0", "../../devices/pnp0/00:02/tpm/tpm0");
	make_link("sys/class/tpm/tpm1",
		  "../../devices/pci0000:00/0000:09:00.0/spi_master/spi0/tpm/tpm1");
	make_link("sys/class/tpm/tpm2", "../../devices/virtual/tpm/tpm2");
	refresh_usage(USAGE_OF_CONSOLE);
	ck_assert_uses("0000:00:1f.0", "tpm tpm0");
	ck_assert_uses("0000:09:00.0", "tpm tpm1");
}
END_TEST

/* --- processes --- */

static void walk_processes(struct usage_set *set)
{
	const struct process_turns_limits limits = { 250000, 1000000, 5000000, (uid_t)-1 };

	*set = (struct usage_set){ .root = &root, .inv = inv };
	ck_assert_int_eq(usage_process_read(set, getpid(), &limits), 0);
}

static bool apply_walk(const struct usage_set *set, const struct vec *only)
{
	bool changed;

	ck_assert_int_eq(usage_set_apply(set, inv, USAGE_OF_PROCESSES, only, &changed), 0);
	return changed;
}

static void ck_assert_walk(const char *key, const char *usages)
{
	_cleanup_(usage_set_clear) struct usage_set set;

	walk_processes(&set);
	apply_walk(&set, NULL);
	ck_assert_uses(key, usages);
}

/*
 * A descriptor of a VFIO device without its group: later kernels name the device. Without a name it
 * may be any open VFIO device.
 */
START_TEST(test_vfio_descriptor_without_a_group)
{
	struct device *card = inventory_find(inv, "0000:09:00.0"),
		      *disk = inventory_find(inv, "0000:08:00.0");

	ck_assert_int_eq(str_set(&card->driver, "vfio-pci") + str_set(&disk->driver, "vfio-pci"),
			 0);
	make_link("proc/4000000/fd/7", "anon_inode:[vfio-device]");
	make_file("proc/4000000/fdinfo/7", "pos:\t0\nflags:\t02000002\nmnt_id:\t16\nino:\t1061\n");
	ck_assert_walk("0000:09:00.0", "");
	card->vfio_open = true;
	ck_assert_walk("0000:09:00.0", "vfio a VFIO device that the kernel does not name,");
	ck_assert_uses("0000:08:00.0", "");
	make_file("proc/4000000/fdinfo/7",
		  "pos:\t0\nflags:\t02000002\nmnt_id:\t16\nino:\t1061\n"
		  "vfio-device-syspath:\t/sys/devices/pci0000:00/0000:08:00.0\n");
	ck_assert_walk("0000:08:00.0", "vfio its descriptor");
	ck_assert_uses("0000:09:00.0", "");
}
END_TEST

START_TEST(test_mounts_of_other_namespaces_are_found)
{
	_cleanup_(usage_set_clear) struct usage_set set = { 0 };
	_cleanup_vec_ struct vec only = { 0 };

	make_link("proc/1/ns/mnt", "mnt:[1]");
	make_file("proc/1/mountinfo", "21 1 8:0 / / rw - ext4 /dev/sda rw\n");
	make_link("proc/4000000/ns/mnt", "mnt:[2]");
	make_file("proc/4000000/mountinfo", "50 1 8:0 / / rw - ext4 /dev/sda rw\n"
					    "51 50 259:0 / /inside rw - ext4 /dev/nvme0n1 rw\n");
	make_file("proc/4000001/mountinfo", "53 50 259:5 / /b rw - ext4 /dev/nvme1n1 rw\n");
	make_link("proc/4000001/ns/mnt", "mnt:[3]");
	make_link("proc/4000000/fd/7", "/tmp/x");
	make_link("proc/4000001/fd/8", "/tmp/x");
	walk_processes(&set);
	ck_assert(apply_walk(&set, NULL));
	ck_assert_uses("0000:05:00.0", "mounted /inside");
	ck_assert_uses("0000:08:00.0", "");
	ck_assert_uses("0000:06:00.0", "mounted /b");
	/* devices that were not asked for lose their usages */
	ck_assert_int_eq(vec_add(&only, inventory_find(inv, "0000:05:00.0")), 0);
	apply_walk(&set, &only);
	ck_assert_uses("0000:05:00.0", "mounted /inside");
	ck_assert_uses("0000:06:00.0", "");
}
END_TEST

/* Refreshing one source keeps the usages of the others. */
START_TEST(test_sources_are_refreshed_apart)
{
	make_file("proc/1/mountinfo", "21 1 8:0 / /x rw - ext4 /dev/sda rw\n");
	refresh_usage(USAGE_OF_BLOCK);
	make_file("proc/1/mountinfo", "");
	ck_assert(!refresh_usage(USAGE_OF_CONSOLE));
	ck_assert_uses("0000:08:00.0", "mounted /x sda");
	ck_assert(refresh_usage(USAGE_OF_BLOCK | USAGE_OF_CONSOLE));
	ck_assert_uses("0000:08:00.0", "");
}
END_TEST

START_TEST(test_mount_path_is_unescaped)
{
	char text[] = "a\\040b\\134\\011c\\9\\04";

	mounts_unescape(text);
	ck_assert_str_eq(text, "a b\\\tc\\9\\04");
}
END_TEST

START_TEST(test_open_descriptor_is_verified)
{
	_cleanup_close_ int fds = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_close_ int named = open("/dev/null", O_PATH | O_CLOEXEC);
	_cleanup_close_ int opened = open("/dev/null", O_RDWR | O_CLOEXEC);
	char name[16];

	snprintf(name, sizeof(name), "%d", named);
	ck_assert(!process_walk_fd_is_open(fds, name, "/dev/null"));
	snprintf(name, sizeof(name), "%d", opened);
	ck_assert(process_walk_fd_is_open(fds, name, "/dev/null"));
	/* the descriptor was closed: its number is gone, or names another file */
	ck_assert(!process_walk_fd_is_open(fds, name, "/dev/vfio/10"));
	ck_assert(!process_walk_fd_is_open(fds, "9999", "/dev/null"));
}
END_TEST

/* Returns the result of process_identify(). */
static int identify_process(int proc_fd, pid_t pid)
{
	_cleanup_(process_identity_clear) struct process_identity identity = { 0 };

	return process_identify(proc_fd, pid, &identity);
}

START_TEST(test_process_is_identified_until_it_dies)
{
	_cleanup_close_ int own = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_close_ int child = -EBADF;
	char path[32];
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	child = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(identify_process(own, getpid()), 0);
	ck_assert_int_eq(identify_process(child, pid), 0);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_int_eq(identify_process(child, pid), -ESRCH);
}
END_TEST

SUITE_WITH_FIXTURE("usage-scan", make_tree, remove_tree, test_mount_is_traced_through_raid_and_lvm,
		   test_disk_with_two_paths_marks_both, test_filesystem_mounted_elsewhere_is_found,
		   test_zfs_pool_and_bcache_are_holders, test_swap_and_btrfs_are_found,
		   test_circle_of_block_devices_ends, test_serial_console_is_found,
		   test_screens_are_consoles, test_tpm_is_found,
		   test_vfio_descriptor_without_a_group, test_mounts_of_other_namespaces_are_found,
		   test_sources_are_refreshed_apart, test_mount_path_is_unescaped,
		   test_open_descriptor_is_verified, test_process_is_identified_until_it_dies)
