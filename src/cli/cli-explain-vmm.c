/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>

#include "base/str.h"
#include "cli/cli-explain-vmm.h"
#include "cli/cli-term.h"
#include "policy/devinfo/mem-need.h"
#include "policy/plan/interface.h"

static json_object *list_interfaces(const struct inventory *inv)
{
	_cleanup_json_ json_object *list = json_object_new_array();

	if (!list || (inv->has_vfio && js_append(list, json_object_new_string("group")) < 0) ||
	    (!interface_why_no_iommufd(inv) && js_append(list, json_object_new_string("iommufd")) < 0))
		return NULL;
	return TAKE_PTR(list);
}

static int add_memory(json_object *vmm, const char *memlock, uint64_t ram)
{
	_cleanup_free_ char *memory = memneed_format(ram), *least = memneed_format(memneed_least(ram));
	_cleanup_free_ char *usual = memneed_format(memneed_usual(ram));
	uint64_t limit = 0;

	if (memlock && parse_size(memlock, &limit) < 0)
		limit = 0;
	if (!memory || !least || !usual || js_set_str(vmm, "memory", memory) < 0 ||
	    js_set_str(vmm, "locked-least", least) < 0 || js_set_str(vmm, "locked-usual", usual) < 0)
		return -ENOMEM;
	return js_set(vmm, "memlock-is-enough", json_object_new_boolean(limit >= memneed_least(ram)));
}

int explain_vmm_fill(json_object *object, const struct host *host, const char *memlock, uint64_t ram)
{
	const char *why = interface_why_no_iommufd(host->inv);
	json_object *vmm = json_object_new_object();
	int r = js_set(object, "vmm", vmm);

	if (r >= 0)
		r = js_set(vmm, "interfaces", list_interfaces(host->inv));
	if (r >= 0 && why)
		r = js_set_str(vmm, "no-iommufd", why);
	if (r >= 0 && memlock)
		r = js_set_str(vmm, "memlock", memlock);
	return r < 0 || !ram ? r : add_memory(vmm, memlock, ram);
}

static void print_memory(json_object *vmm)
{
	const char *memlock = js_str(vmm, "memlock"), *least = js_str(vmm, "locked-least");

	printf("  A VM with %s of memory locks %s or more, with either interface: all that its devices may reach, "
	       "once for all of them.\n", js_str(vmm, "memory"), least);
	printf("  With large firmware or virtual graphics, or an IOMMU in the guest, it is more: %s is enough as a rule.\n",
	       js_str(vmm, "locked-usual"));
	if (js_bool(vmm, "memlock-is-enough"))
		printf("  memlock of the group raises the holder's limit to %s, which is enough.\n", memlock);
	else
		printf("  %s%s%s: unless the VMM's own limit is high enough (ulimit -l; 8M is usual), it fails to map memory "
		       "(Cannot allocate memory). Set \"memlock\": \"%s\" in the definition.\n",
		       str_empty(memlock) ? "The group has no memlock" : "memlock of the group is ", memlock,
		       str_empty(memlock) ? "" : ", which is not enough", js_str(vmm, "locked-usual"));
}

void explain_vmm_print(json_object *object)
{
	json_object *vmm = NULL;
	const char *why;

	if (!json_object_object_get_ex(object, "vmm", &vmm))
		return;
	why = js_str(vmm, "no-iommufd");
	printf("\n%sFor a VMM%s\n", term_begin(TINT_BOLD), term_end(TINT_BOLD));
	if (str_empty(why))
		printf("  interfaces: iommufd, and the older group and container\n");
	else
		printf("  interfaces: group and container; no iommufd: %s\n", why);
	if (!str_empty(js_str(vmm, "memory")))
		print_memory(vmm);
	else if (!str_empty(js_str(vmm, "memlock")))
		printf("  memlock: %s\n", js_str(vmm, "memlock"));
}
