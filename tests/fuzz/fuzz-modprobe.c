/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* modprobe.d and the kernel's command line: the value that a parameter will have. */

#include "fuzz.h"

#include "fuzz-tree.h"
#include "sys/modules.h"

static struct sysfs_root root;
static struct modules *modules;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	fuzz_tree_make(&root);
	modules = modules_new(&root, "6.1.0");
	assert(modules);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool value;

	fuzz_tree_write(&root, "etc/modprobe.d/fuzz.conf", data, size);
	fuzz_tree_write(&root, "proc/cmdline", data, size);
	assert(modules_bool_param(modules, "vfio_platform", "reset_required", true, &value) == 0);
	return 0;
}
