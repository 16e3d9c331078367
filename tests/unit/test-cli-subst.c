/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <errno.h>

#include "base/str.h"
#include "base/strv.h"
#include "cli/run/cli-claim-fd.h"
#include "cli/run/cli-subst.h"

/* Adds a descriptor that only has a number: none is open. */
static void add_descriptor(struct vec *fds, const char *kind, const char *name, const char *group)
{
	ck_assert_int_eq(cli_claim_fd_add(fds, kind, name, group, -EBADF), 0);
}

/* Two groups as VFIO groups: descriptors 3 to 8. */
static void add_two_groups(struct vec *fds)
{
	add_descriptor(fds, "lease", "", "disk0");
	add_descriptor(fds, "vfio-container", "", "disk0");
	add_descriptor(fds, "vfio-group", "13", "disk0");
	add_descriptor(fds, "lease", "", "nic0");
	add_descriptor(fds, "vfio-container", "", "nic0");
	add_descriptor(fds, "vfio-group", "11", "nic0");
}

/* One group through iommufd: descriptors 3 to 6. */
static void add_iommufd(struct vec *fds, const char *group)
{
	add_descriptor(fds, "lease", "", group);
	add_descriptor(fds, "iommufd", "", group);
	add_descriptor(fds, "vfio-device", str_eq(group, "nic0") ? "0000:01:00.0" : "0000:02:00.0",
		       group);
	add_descriptor(fds, "vfio-device", str_eq(group, "nic0") ? "0000:01:00.1" : "0000:02:00.1",
		       group);
}

/*
 * Fills in a command whose arguments are separated by '|'. Returns the result or the error, with
 * the same separators.
 */
static char *fill_in(const struct vec *fds, const char *command)
{
	_cleanup_strv_ char **argv = NULL, **filled = NULL;
	char *error = NULL;
	int r;

	ck_assert_int_eq(strv_split(command, "|", &argv), 0);
	r = cli_subst_apply(argv, fds, NULL, 3, &filled, &error);
	if (r >= 0)
		return strv_join(filled, "|");
	ck_assert_int_eq(r, -EINVAL);
	ck_assert_ptr_null(filled);
	return error;
}

static void expect_command(const struct vec *fds, const char *command, const char *expected)
{
	_cleanup_free_ char *result = fill_in(fds, command);

	ck_assert_str_eq(result, expected);
}

static void expect_command_error(const struct vec *fds, const char *command, const char *part)
{
	_cleanup_free_ char *result = fill_in(fds, command);

	ck_assert_msg(strstr(result, part), "%s: %s", command, result);
}

START_TEST(test_descriptor_placeholders)
{
	_cleanup_claim_fds_ struct vec fds = { 0 };

	add_two_groups(&fds);
	expect_command(&fds, "cmd|{fd:vfio-group:11}|x={fd:lease:nic0},y={fd:lease:disk0}!",
		       "cmd|8|x=6,y=3!");
	expect_command(&fds, "{fd:vfio-group:nic0}", "8");
	expect_command_error(&fds, "cmd|{fd:vfio-group}", "several");
	expect_command_error(&fds, "cmd|{fd:vfio-group:12}", "no such descriptor");
	expect_command_error(&fds, "cmd|{fd:lease:nic1}", "no such descriptor");
}
END_TEST

START_TEST(test_other_braces_stay_unchanged)
{
	_cleanup_claim_fds_ struct vec fds = { 0 };

	add_iommufd(&fds, "nic0");
	expect_command(&fds, "awk|{print $1}|{}|{|}|${x}|{print {fd:lease}}|{Qemu}",
		       "awk|{print $1}|{}|{|}|${x}|{print 3}|{Qemu}");
}
END_TEST

START_TEST(test_device_is_found_by_any_address)
{
	_cleanup_claim_fds_ struct vec fds = { 0 };

	add_iommufd(&fds, "nic0");
	expect_command(&fds, "{fd:vfio-device:0000:01:00.1}|{fd:vfio-device:01:00.0}|{fd:iommufd}",
		       "6|5|4");
	expect_command_error(&fds, "{fd:vfio-device}", "several");
}
END_TEST

START_TEST(test_qemu_arguments)
{
	_cleanup_claim_fds_ struct vec fds = { 0 };

	add_iommufd(&fds, "nic0");
	expect_command(&fds, "qemu|{qemu}|-m|1G",
		       "qemu|-object|iommufd,id=iommufd0,fd=4|-device|"
		       "vfio-pci,iommufd=iommufd0,fd=5,addr=0x10.0,multifunction=on|-device|"
		       "vfio-pci,iommufd=iommufd0,fd=6,addr=0x10.1|"
		       "-m|1G");
	expect_command(&fds, "sh|-c|exec qemu {qemu} -m 1G",
		       "sh|-c|exec qemu -object iommufd,id=iommufd0,fd=4 -device "
		       "vfio-pci,iommufd=iommufd0,fd=5,addr=0x10.0,multifunction=on -device "
		       "vfio-pci,iommufd=iommufd0,fd=6,addr=0x10.1 "
		       "-m 1G");
	add_iommufd(&fds, "nic1");
	expect_command(&fds, "{qemu}",
		       "-object|iommufd,id=iommufd0,fd=4|"
		       "-device|vfio-pci,iommufd=iommufd0,fd=5,addr=0x10.0,multifunction=on|"
		       "-device|vfio-pci,iommufd=iommufd0,fd=6,addr=0x10.1|"
		       "-device|vfio-pci,iommufd=iommufd0,fd=9,addr=0x11.0,multifunction=on|"
		       "-device|vfio-pci,iommufd=iommufd0,fd=10,addr=0x11.1");
}
END_TEST

START_TEST(test_cloud_hypervisor_arguments)
{
	_cleanup_claim_fds_ struct vec fds = { 0 };

	add_iommufd(&fds, "nic0");
	expect_command(&fds, "ch|{cloud-hypervisor}",
		       "ch|--platform|iommufd=on,iommufd_fd=4|--device|fd=5|fd=6");
	add_iommufd(&fds, "nic1");
	expect_command(&fds, "ch|{cloud-hypervisor}",
		       "ch|--platform|iommufd=on,iommufd_fd=4|--device|fd=5|fd=6|fd=9|fd=10");
}
END_TEST

START_TEST(test_vmm_placeholders_refuse_vfio_groups)
{
	_cleanup_claim_fds_ struct vec fds = { 0 };

	add_two_groups(&fds);
	expect_command_error(&fds, "{qemu}", "brought no iommufd");
	expect_command_error(&fds, "{cloud-hypervisor}", "brought no iommufd");
}
END_TEST

static void set_descriptor_text(struct vec *fds, size_t i, const char *text)
{
	struct claim_fd *fd = fds->items[i];

	ck_assert_int_eq(str_set(&fd->text, text), 0);
}

START_TEST(test_vf_tokens_are_filled_in)
{
	_cleanup_claim_fds_ struct vec fds = { 0 }, paths = { 0 };
	_cleanup_strv_ char **filled = NULL;
	_cleanup_free_ char *joined = NULL, *error = NULL;
	char *argv[] = { (char[]){ "qemu" }, (char[]){ "{qemu}" }, NULL };
	const struct claim_fd *config;

	add_descriptor(&fds, "lease", "", "vf0");
	add_descriptor(&fds, CLI_CLAIM_FD_TOKEN, "0000:02:00.0", "vf0");
	add_descriptor(&fds, CLI_CLAIM_FD_TOKEN, "0000:02:00.0", "vf1");
	set_descriptor_text(&fds, 1, "secret");
	set_descriptor_text(&fds, 2, "secret");
	expect_command(&fds, "cmd|--vfio-vf-token={vf-token}|{fd:vf-token:vf1}",
		       "cmd|--vfio-vf-token=secret|5");
	set_descriptor_text(&fds, 2, "other");
	expect_command(&fds, "{vf-token:vf1}|{vf-token:vf0}", "other|secret");
	expect_command(&fds, "{vf-token}",
		       "{vf-token}: there are several. Name one with {vf-token:NAME}.");

	add_descriptor(&fds, CLI_CLAIM_FD_CONFIG, "qemu", "");
	add_descriptor(&paths, "vfio-device", "0000:02:10.0", "vf0");
	add_descriptor(&paths, "vfio-device", "0000:02:11.0", "vf1");
	set_descriptor_text(&paths, 0, "secret");
	ck_assert_int_eq(cli_subst_apply(argv, &fds, &paths, 3, &filled, &error), 0);
	joined = strv_join(filled, "|");
	ck_assert_str_eq(joined, "qemu|-device|vfio-pci,host=0000:02:11.0|-readconfig|/dev/fd/6");
	config = fds.items[3];
	ck_assert_str_eq(config->text, "[device]\n  driver = \"vfio-pci\"\n  host = "
				       "\"0000:02:10.0\"\n  vf-token = \"secret\"\n");
}
END_TEST

static void check_needs(const char *command, unsigned expected)
{
	_cleanup_strv_ char **argv = NULL;
	_cleanup_free_ char *error = NULL;
	unsigned needs;

	ck_assert_int_eq(strv_split(command, "|", &argv), 0);
	ck_assert_int_eq(cli_subst_needs(argv, &needs, &error), 0);
	ck_assert_uint_eq(needs, expected);
}

START_TEST(test_needs_of_placeholders)
{
	_cleanup_strv_ char **mixed = NULL, **unknown = NULL;
	char *error = NULL;
	unsigned needs = 99;

	check_needs("cmd|{print}|{fd:lease}", 0);
	check_needs("cmd|{fd:vfio-group:11}", SUBST_GROUP);
	check_needs("cmd|{fd:lease}{fd:vfio-device:01:00.0}", SUBST_IOMMUFD);
	check_needs("cmd|x{qemu}", SUBST_VMM);
	check_needs("{crosvm}", SUBST_VMM | SUBST_PATH);

	ck_assert_int_eq(strv_split("{fd:iommufd}|{fd:vfio-container}", "|", &mixed), 0);
	ck_assert_int_eq(cli_subst_needs(mixed, &needs, &error), -EINVAL);
	ck_assert_ptr_nonnull(strstr(error, "both"));
	free(error);
	ck_assert_int_eq(strv_split("{fd:nonsense}", "|", &unknown), 0);
	ck_assert_int_eq(cli_subst_needs(unknown, &needs, &error), -EINVAL);
	ck_assert_ptr_nonnull(strstr(error, "kinds"));
	free(error);
	ck_assert_uint_eq(needs, 99);
}
END_TEST

START_TEST(test_environment_of_the_command)
{
	_cleanup_claim_fds_ struct vec fds = { 0 };
	_cleanup_free_ char *names = NULL, *json = NULL;

	add_descriptor(&fds, "lease", "", "nic0");
	add_descriptor(&fds, "vfio-group", "11", "nic0");
	add_descriptor(&fds, "vfio-device", "0000:01:00.0", "nic0");
	names = cli_claim_fd_listen_names(&fds);
	ck_assert_str_eq(names, "lease-nic0:vfio-group-11:vfio-device-0000_01_00.0");
	json = cli_claim_fd_json(&fds, 3);
	ck_assert_str_eq(json,
			 "[{\"fd\":3,\"kind\":\"lease\",\"name\":\"nic0\",\"group\":\"nic0\"},"
			 "{\"fd\":4,\"kind\":\"vfio-group\",\"name\":\"11\",\"group\":\"nic0\"},"
			 "{\"fd\":5,\"kind\":\"vfio-device\",\"name\":\"0000:01:00.0\",\"group\":"
			 "\"nic0\"}]");
}
END_TEST

SUITE("cli-subst", test_descriptor_placeholders, test_other_braces_stay_unchanged,
      test_device_is_found_by_any_address, test_qemu_arguments, test_cloud_hypervisor_arguments,
      test_vmm_placeholders_refuse_vfio_groups, test_vf_tokens_are_filled_in,
      test_needs_of_placeholders, test_environment_of_the_command)
