/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* modules.alias and modules.builtin.modinfo: the module that resets a platform device. */

#include "fuzz.h"

#include "fuzz-tree.h"
#include "sys/modules.h"

static struct sysfs_root root;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	fuzz_tree_make(&root);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_modules_ struct modules *modules = modules_new(&root, "6.1.0");
	_cleanup_free_ char *module = NULL;

	assert(modules);
	fuzz_tree_write(&root, "lib/modules/6.1.0/modules.alias", data, size);
	fuzz_tree_write(&root, "lib/modules/6.1.0/modules.builtin.modinfo", data, size);
	assert(modules_find_reset(modules, "calxeda,hb-xgmac", &module) == 0);
	return 0;
}
