/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <errno.h>
#include <string.h>

#include "base/strv.h"
#include "policy/devinfo/quirks.h"
#include "policy/devinfo/vmm-args.h"

static struct vmm_args_device nic = {
	.group = "nic0", .key = "0000:01:00.0", .fd = -1, .iommufd = -1
};
static struct vmm_args_device card = {
	.group = "gpu", .key = "0000:65:00.0", .fd = -1, .iommufd = -1
};
static struct vmm_args_device sound = {
	.group = "gpu", .key = "0000:65:00.1", .fd = -1, .iommufd = -1
};

/*
 * Returns the arguments for @devices, a list that ends with NULL, joined by blanks, or the error.
 */
static char *build_arguments(const char *vmm, bool iommufd, struct vmm_args_device *const *devices)
{
	_cleanup_vmm_args_result_ struct vmm_args_result result = {};
	struct vmm_args args = { .iommufd = iommufd };
	char *error = NULL, *text;
	int r;

	ck_assert_int_eq(vmm_args_parse(vmm, &args.vmm, &args.version), 0);
	for (; *devices; devices++)
		ck_assert_int_eq(vec_add(&args.devices, *devices), 0);
	r = vmm_args_build(&args, &result, &error);
	vec_drop(&args.devices);
	ck_assert(r == 0 || (r == -EOPNOTSUPP && error));
	text = r < 0 ? error : strv_join(result.words, " ");
	return text;
}

static void expect_arguments(const char *vmm, bool iommufd, struct vmm_args_device *const *devices,
			     const char *expected)
{
	_cleanup_free_ char *text = build_arguments(vmm, iommufd, devices);

	ck_assert_str_eq(text, expected);
}

static void expect_in_arguments(const char *vmm, bool iommufd,
				struct vmm_args_device *const *devices, const char *part)
{
	_cleanup_free_ char *text = build_arguments(vmm, iommufd, devices);

	ck_assert_msg(strstr(text, part) != NULL, "no %s in %s", part, text);
}

START_TEST(test_names_and_versions_are_parsed)
{
	static const char *const wrong[] = { "",	 "bochs", "qemu:",     "qemu:x",
					     "qemu:7.y", "QEMU",  "qemu:99999" };
	enum vmm vmm;
	unsigned version;

	ck_assert_int_eq(vmm_args_parse("cloud-hypervisor", &vmm, &version), 0);
	ck_assert(vmm == VMM_CLOUD_HYPERVISOR && version == 0);
	ck_assert_int_eq(vmm_args_parse("qemu:10", &vmm, &version), 0);
	ck_assert(vmm == VMM_QEMU && version == 10000);
	ck_assert_int_eq(vmm_args_parse("libvirt:12.1.0", &vmm, &version), 0);
	ck_assert(vmm == VMM_LIBVIRT && version == 12001);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		ck_assert_msg(vmm_args_parse(wrong[i], &vmm, &version) == -EINVAL, "\"%s\"",
			      wrong[i]);
}
END_TEST

START_TEST(test_arguments_of_one_device)
{
	struct vmm_args_device *const devices[] = { &nic, NULL };

	expect_arguments("qemu", false, devices, "-device vfio-pci,host=0000:01:00.0");
	expect_arguments(
		"qemu", true, devices,
		"-object iommufd,id=iommufd0 -device vfio-pci,host=0000:01:00.0,iommufd=iommufd0");
	expect_arguments("qemu:8.2", true, devices, "-device vfio-pci,host=0000:01:00.0");
	expect_arguments("cloud-hypervisor", false, devices,
			 "--device path=/sys/bus/pci/devices/0000:01:00.0/");
	expect_arguments("cloud-hypervisor", true, devices,
			 "--platform iommufd=on --device path=/sys/bus/pci/devices/0000:01:00.0/");
	expect_arguments("crosvm", false, devices, "--vfio /sys/bus/pci/devices/0000:01:00.0");
}
END_TEST

START_TEST(test_companions_share_a_slot)
{
	struct vmm_args_device *const devices[] = { &nic, &card, &sound, NULL };
	struct vmm_args_device *const alone[] = { &sound, NULL };
	struct vmm_args_device usb = {
		.group = "gpu", .key = "0000:65:00.2", .fd = -1, .iommufd = -1
	};
	struct vmm_args_device *const no_first[] = { &sound, &usb, NULL };

	expect_arguments("qemu", false, devices,
			 "-device vfio-pci,host=0000:01:00.0 "
			 "-device vfio-pci,host=0000:65:00.0,addr=0x10.0,multifunction=on "
			 "-device vfio-pci,host=0000:65:00.1,addr=0x10.1");
	expect_arguments("crosvm", false, devices,
			 "--vfio /sys/bus/pci/devices/0000:01:00.0 "
			 "--vfio /sys/bus/pci/devices/0000:65:00.0,guest-address=00:10.0 "
			 "--vfio /sys/bus/pci/devices/0000:65:00.1,guest-address=00:10.1");
	expect_in_arguments("libvirt", false, devices,
			    "slot='0x10' function='0x0' multifunction='on'/>");
	/* without function 0 a guest does not scan the other functions of a slot */
	expect_arguments("qemu", false, alone, "-device vfio-pci,host=0000:65:00.1");
	expect_arguments("qemu", false, no_first,
			 "-device vfio-pci,host=0000:65:00.1 -device vfio-pci,host=0000:65:00.2");
}
END_TEST

START_TEST(test_devices_by_descriptor)
{
	struct vmm_args_device a = {
		.group = "nic0", .key = "0000:01:00.0", .fd = 5, .iommufd = 4
	};
	struct vmm_args_device b = {
		.group = "nic1", .key = "0000:09:00.0", .fd = 8, .iommufd = 7
	};
	struct vmm_args_device *const one[] = { &a, NULL }, *const two[] = { &a, &b, NULL };

	expect_arguments(
		"qemu", false, two,
		"-object iommufd,id=iommufd0,fd=4 "
		"-device vfio-pci,iommufd=iommufd0,fd=5 -device vfio-pci,iommufd=iommufd0,fd=8");
	expect_in_arguments("qemu:7.2", false, one, "version 9.0");
	expect_arguments("cloud-hypervisor", false, one,
			 "--platform iommufd=on,iommufd_fd=4 --device fd=5");
	expect_arguments("cloud-hypervisor", false, two,
			 "--platform iommufd=on,iommufd_fd=4 --device fd=5 fd=8");
	expect_in_arguments("crosvm", false, one, "access=node");
	expect_in_arguments("libvirt", false, one, "starts QEMU itself");
}
END_TEST

START_TEST(test_hints_become_options)
{
	struct quirk_hint rom = { .name = "rombar", .value = (char[]){ "0" } };
	struct quirk_hint vga = { .name = "x-vga", .value = (char[]){ "on" } };
	struct quirk_hint intx = { .name = "x-no-intx", .value = (char[]){ "on" } };
	struct vec hints = {};
	struct vmm_args_device gpu = {
		.group = "gpu", .key = "0000:65:00.0", .hints = &hints, .fd = -1, .iommufd = -1
	};
	struct vmm_args_device *const devices[] = { &gpu, NULL };
	_cleanup_vmm_args_result_ struct vmm_args_result result = {};
	struct vmm_args args = {};
	_cleanup_free_ char *error = NULL;

	ck_assert(vec_add(&hints, &rom) == 0 && vec_add(&hints, &vga) == 0 &&
		  vec_add(&hints, &intx) == 0);
	expect_arguments("qemu", false, devices,
			 "-device vfio-pci,host=0000:65:00.0,rombar=0,x-vga=on");
	expect_in_arguments("libvirt", false, devices, "<rom bar='off'/>");
	expect_in_arguments("libvirt", false, devices,
			    "<qemu:property name='x-vga' type='bool' value='true'/>");
	ck_assert_int_eq(vec_add(&args.devices, &gpu), 0);
	ck_assert_int_eq(vmm_args_build(&args, &result, &error), 0);
	ck_assert_uint_eq(strv_length(result.notes), 1);
	ck_assert_ptr_nonnull(strstr(result.notes[0], "INTx"));
	vec_drop(&args.devices);
	vec_drop(&hints);
}
END_TEST

START_TEST(test_vmm_without_iommufd_gets_a_note)
{
	static const struct {
		const char *vmm;
		size_t notes;
	} rows[] = {
		{ "qemu:8.2", 1 },    { "qemu:9.0", 0 },     { "crosvm", 1 },
		{ "libvirt:9.0", 1 }, { "libvirt:12.1", 0 }, { "cloud-hypervisor", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_vmm_args_result_ struct vmm_args_result result = {};
		struct vmm_args args = { .iommufd = true };
		_cleanup_free_ char *error = NULL;

		ck_assert_int_eq(vmm_args_parse(rows[i].vmm, &args.vmm, &args.version), 0);
		ck_assert_int_eq(vec_add(&args.devices, &nic), 0);
		ck_assert_int_eq(vmm_args_build(&args, &result, &error), 0);
		vec_drop(&args.devices);
		ck_assert_msg(strv_length(result.notes) == rows[i].notes, "%s", rows[i].vmm);
		if (rows[i].notes)
			ck_assert_ptr_nonnull(
				strstr(result.notes[0], "has no support for iommufd"));
	}
}
END_TEST

START_TEST(test_libvirt_elements)
{
	struct vmm_args_device *const devices[] = { &nic, NULL };

	expect_arguments(
		"libvirt:9.0", true, devices,
		"<metadata>   <devgroups:groups xmlns:devgroups='https://devgroups.org/libvirt/1'>"
		"     <devgroups:group name='nic0'/>   </devgroups:groups> </metadata>"
		" <hostdev mode='subsystem' type='pci' managed='no'>   <driver name='vfio'/>   "
		"<source>"
		"     <address domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>   </source>"
		"   <alias name='ua-nic0-0'/> </hostdev>");
	expect_in_arguments("libvirt:12.1", true, devices, "<driver name='vfio' iommufd='yes'/>");
}
END_TEST

SUITE("vmm-args", test_names_and_versions_are_parsed, test_arguments_of_one_device,
      test_companions_share_a_slot, test_devices_by_descriptor, test_hints_become_options,
      test_vmm_without_iommufd_gets_a_note, test_libvirt_elements)
