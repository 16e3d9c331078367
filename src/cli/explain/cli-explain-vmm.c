/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>

#include "base/str.h"
#include "cli/explain/cli-explain-vmm.h"
#include "cli/print/cli-term.h"
#include "policy/devinfo/mem-need.h"
#include "policy/plan/vfio-choice.h"

static json_object *explain_vmm_list_interfaces(const struct inventory *inv)
{
	_cleanup_json_ json_object *list = json_object_new_array();

	if (inv->has_vfio && cli_json_append(list, json_object_new_string("group")) < 0)
		return NULL;
	if (!vfio_choice_why_no_iommufd(inv) &&
	    cli_json_append(list, json_object_new_string("iommufd")) < 0)
		return NULL;
	return TAKE_PTR(list);
}

/* Adds the interfaces of VFIO. A dump of lspci does not show them. */
static int explain_vmm_add_interfaces(json_object *vmm, const struct inventory *inv)
{
	const char *why = vfio_choice_why_no_iommufd(inv);
	int r;

	if (inventory_is_dump(inv))
		return 0;
	r = cli_json_set(vmm, "interfaces", explain_vmm_list_interfaces(inv));
	if (r < 0 || !why)
		return r;
	return cli_json_set_str(vmm, "no-iommufd", why);
}

static int explain_vmm_add_memory(json_object *vmm, const char *memlock, uint64_t ram)
{
	_cleanup_free_ char *memory = mem_need_format(ram),
			    *least = mem_need_format(mem_need_min(ram)),
			    *usual = mem_need_format(mem_need_typical(ram));
	uint64_t limit = 0;

	if (!memory || !least || !usual)
		return -ENOMEM;
	if (memlock && str_parse_size(memlock, &limit) < 0)
		limit = 0;
	return CLI_JSON_SET(vmm, { "memory", json_object_new_string(memory) },
			    { "locked-least", json_object_new_string(least) },
			    { "locked-usual", json_object_new_string(usual) },
			    { "memlock-is-enough",
			      json_object_new_boolean(limit >= mem_need_min(ram)) });
}

int cli_explain_vmm_fill(json_object *object, const struct cli_host *host, const char *memlock,
			 uint64_t ram)
{
	json_object *vmm = json_object_new_object();
	int r;

	r = cli_json_set(object, "vmm", vmm);
	if (r < 0)
		return r;
	r = explain_vmm_add_interfaces(vmm, host->inv);
	if (r < 0)
		return r;
	if (memlock) {
		r = cli_json_set_str(vmm, "memlock", memlock);
		if (r < 0)
			return r;
	}
	if (!ram)
		return 0;
	return explain_vmm_add_memory(vmm, memlock, ram);
}

static void explain_vmm_print_memory(json_object *vmm)
{
	const char *memlock = cli_json_get_str(vmm, "memlock"),
		   *least = cli_json_get_str(vmm, "locked-least");

	printf("  A VM with %s of memory locks at least %s with either interface: all memory that "
	       "its devices can reach, once for all devices.\n",
	       cli_json_get_str(vmm, "memory"), least);
	printf("  Large firmware, virtual graphics or an IOMMU in the guest need more: %s is "
	       "usually enough.\n",
	       cli_json_get_str(vmm, "locked-usual"));
	if (cli_json_get_bool(vmm, "memlock-is-enough"))
		printf("  memlock of the group raises the holder's limit to %s, which is enough.\n",
		       memlock);
	else
		printf("  %s%s%s: unless the VMM's own limit is high enough (ulimit -l, usually "
		       "8M), it cannot map memory (Cannot allocate memory). Set \"memlock\": "
		       "\"%s\" in the definition.\n",
		       str_empty(memlock) ? "The group has no memlock" : "memlock of the group is ",
		       memlock, str_empty(memlock) ? "" : ", which is not enough",
		       cli_json_get_str(vmm, "locked-usual"));
}

void cli_explain_vmm_print(json_object *object)
{
	json_object *vmm = NULL;
	const char *why;

	if (!json_object_object_get_ex(object, "vmm", &vmm))
		return;
	why = cli_json_get_str(vmm, "no-iommufd");
	printf("\n%sFor a VMM%s\n", cli_term_begin(TINT_BOLD), cli_term_end(TINT_BOLD));
	if (!cli_json_get_list(vmm, "interfaces"))
		printf("  interfaces: not known, because a dump of lspci does not show them\n");
	else if (str_empty(why))
		printf("  interfaces: iommufd, and the older group and container\n");
	else
		printf("  interfaces: group and container; no iommufd: %s\n", why);
	if (!str_empty(cli_json_get_str(vmm, "memory")))
		explain_vmm_print_memory(vmm);
	else if (!str_empty(cli_json_get_str(vmm, "memlock")))
		printf("  memlock: %s\n", cli_json_get_str(vmm, "memlock"));
}
