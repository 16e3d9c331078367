/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Disks that a user or an earlier holder only claims to be in use. */

#include "test-main.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>

#include "fake-tree.h"
#include "host-builder.h"
#include "sys/usage/usage-scan.h"

#define DEVICE "0000:08:00.0"
#define PLACE "devices/pci0000:00/" DEVICE "/sda"

static struct inventory *inv;

/* Makes a disk. A regular file takes the place of its node, and has the number of the disk. */
static void make_tree(void)
{
	_cleanup_free_ char *number = NULL;
	struct stat st;

	fake_tree_make();
	inv = inventory_new();
	host_builder_add_pci(inv, DEVICE, NULL, 1);
	make_link("sys/class/block/sda", "../../" PLACE);
	make_file("sys/" PLACE "/dev", "8:0\n");
	make_file("dev/sda", "");
	ck_assert_int_eq(fstatat(root.fd, "dev/sda", &st, 0), 0);
	number = str_printf("sys/dev/block/%u:%u", major(st.st_dev), minor(st.st_dev));
	make_link(number, "../../" PLACE);
}

static void remove_tree(void)
{
	inv = inventory_free(inv);
	fake_tree_remove();
}

static void ck_assert_used(bool expected)
{
	ck_assert_int_eq(usage_scan_refresh(&root, inv, USAGE_OF_BLOCK, NULL), 0);
	ck_assert_int_eq(inventory_find(inv, DEVICE)->usages.n > 0, expected);
}

static void ck_assert_mount(const char *type_and_source, bool expected)
{
	_cleanup_free_ char *line = str_printf("40 1 0:44 / /m rw - %s rw\n", type_and_source);

	make_file("proc/1/mountinfo", line);
	ck_assert_used(expected);
}

/* Any user mounts a FUSE, with any source. */
START_TEST(test_source_counts_for_types_with_disks)
{
	ck_assert_mount("fuse /dev/sda", false);
	ck_assert_mount("fuse.btrfs /dev/sda", false);
	ck_assert_mount("fuseblk /dev/sda", false);
	ck_assert_mount("tmpfs /dev/sda", false);
	ck_assert_mount("overlay /dev/sda", false);
	ck_assert_mount("nfs4 /dev/sda", false);
	ck_assert_mount("btrfs /dev/sda", true);
	ck_assert_mount("zfs /dev/sda", true);
	ck_assert_mount("bcachefs /dev/missing:/dev/sda", true);
}
END_TEST

START_TEST(test_source_is_below_dev)
{
	ck_assert_mount("btrfs /dev/../dev/sda", false);
	ck_assert_mount("btrfs /dev/x/../sda", false);
	ck_assert_mount("btrfs /device/sda", false);
	ck_assert_mount("bcachefs /dev/missing:/dev/../dev/sda", false);
	ck_assert_mount("bcachefs /dev/missing:/proc/1/mountinfo", false);
	ck_assert_mount("bcachefs /dev/missing:", false);
	make_link("dev/..data", "sda");
	ck_assert_mount("btrfs /dev/..data", true);
}
END_TEST

/* The label comes from the disk, where its earlier holder wrote it. */
START_TEST(test_label_of_zfs_is_no_path)
{
	static const char *const labels[] = { ".", "..", "../zfs/tank", "tank/..", "arcstats", "" };

	make_file("proc/spl/kstat/zfs/tank/state", "ONLINE\n");
	make_file("proc/spl/kstat/zfs/arcstats", "");
	for (size_t i = 0; i < ARRAY_SIZE(labels); i++) {
		_cleanup_free_ char *text =
			str_printf("E:ID_FS_TYPE=zfs_member\nE:ID_FS_LABEL=%s\n", labels[i]);

		make_file("run/udev/data/b8:0", text);
		ck_assert_used(false);
	}
	make_file("run/udev/data/b8:0", "E:ID_FS_TYPE=zfs_member\nE:ID_FS_LABEL=tank\n");
	ck_assert_used(true);
}
END_TEST

/* Where no service manager mounts bpf, every user may make directories in it. */
START_TEST(test_directory_of_another_filesystem_is_no_disk)
{
	_cleanup_free_ char *bpf = path_in_tree("sys/fs/bpf/x");

	make_file("sys/fs/ext4/sda/state", "");
	ck_assert_used(true);
	*strrchr(bpf, '/') = '\0';
	ck_assert_int_eq(unlinkat(root.fd, "sys/fs/ext4/sda/state", 0), 0);
	ck_assert_int_eq(unlinkat(root.fd, "sys/fs/ext4/sda", AT_REMOVEDIR), 0);
	if (unshare(geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", bpf, "tmpfs", 0, NULL) < 0) {
		fprintf(stderr, "no mount namespaces here: skipped\n");
		return;
	}
	sysfs_root_close(&root); /* the old one is outside the new namespace */
	ck_assert_int_eq(sysfs_root_open(top, &root), 0);
	make_file("sys/fs/bpf/sda/x", "");
	ck_assert_used(false);
	ck_assert_int_eq(umount(bpf), 0);
}
END_TEST

/* A mount point may be any bytes, and so may the name of a volume. */
START_TEST(test_text_of_a_mount_is_clean)
{
	const struct vec *usages = &inventory_find(inv, DEVICE)->usages;
	const struct usage *usage;

	make_file("sys/class/block/sda/dm/name", "vol\xff\n");
	ck_assert_mount("btrfs /dev/sda", true);
	make_file("proc/1/mountinfo", "40 1 0:44 / /m\xff\xfe\\033[2J rw - btrfs /dev/sda rw\n");
	ck_assert_used(true);
	usage = usages->items[0];
	ck_assert_str_eq(usage->what, "/m???[2J");
	ck_assert_str_eq(usage->through, "vol?");
}
END_TEST

SUITE_WITH_FIXTURE("usage-block", make_tree, remove_tree, test_source_counts_for_types_with_disks,
		   test_source_is_below_dev, test_label_of_zfs_is_no_path,
		   test_directory_of_another_filesystem_is_no_disk, test_text_of_a_mount_is_clean)
