/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* devgroupctl graph: draws devices, bridges and IOMMU groups, for Graphviz, as text or as JSON. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/host/cli-host.h"
#include "cli/print/cli-pager.h"
#include "cli/print/cli-term.h"
#include "policy/isolation/isolation.h"
#include "policy/isolation/topology.h"

#define DEPTH_SHOWN 32 /* levels of bridges */

/* --- Graphviz --- */

/* Prints @text in double quotes. A snapshot is untrusted input. */
static void verb_graph_print_quoted(const char *text)
{
	putchar('"');
	for (const char *c = text; *c; c++) {
		if (*c == '"' || *c == '\\')
			putchar('\\');
		if ((unsigned char)*c >= ' ')
			putchar(*c);
	}
	putchar('"');
}

/* Prints a node: its key, description and driver, a line each. */
static void verb_graph_print_node(const struct device *device, const char *indent)
{
	_cleanup_free_ char *what = device_describe(device), *label = NULL;

	label = str_printf("%s\n%s%s%s", device->key, str_or(what, ""), device->driver ? "\n" : "",
			   str_or(device->driver, ""));
	if (!label)
		return;
	printf("%s", indent);
	verb_graph_print_quoted(device->key);
	printf(" [shape=%s, label=\"", device_is_bridge(device) ? "box" : "ellipse");
	for (const char *c = label; *c; c++) {
		if (*c == '\n')
			fputs("\\n", stdout);
		else if (*c == '"' || *c == '\\')
			printf("\\%c", *c);
		else if ((unsigned char)*c >= ' ')
			putchar(*c);
	}
	puts("\"];");
}

static void verb_graph_print_group(const struct iommu_group *group)
{
	bool box = group->devices.n > 1;

	if (box)
		printf("\tsubgraph cluster_%u {\n\t\tlabel=\"IOMMU group %u\"; color=red;\n",
		       group->id, group->id);
	VEC_FOREACH(const struct device, device, &group->devices)
		verb_graph_print_node(device, box ? "\t\t" : "\t");
	if (box)
		puts("\t}");
}

static void verb_graph_print_edge(const char *from, const char *to, const char *style)
{
	putchar('\t');
	verb_graph_print_quoted(from);
	fputs(" -> ", stdout);
	verb_graph_print_quoted(to);
	printf("%s;\n", style);
}

/* Prints an edge for each peer-to-peer path past the IOMMU, each pair once. */
static void verb_graph_print_leaks(const struct inventory *inv, const struct device *device)
{
	_cleanup_isolation_ struct vec causes = { 0 };

	if (isolation_find(inv, device, &causes) < 0)
		return;
	VEC_FOREACH(const struct isolation_cause, cause, &causes)
		if (cause->code == ISOLATION_PEER_TO_PEER && strcmp(device->key, cause->peer) < 0)
			verb_graph_print_edge(
				device->key, cause->peer,
				" [dir=both, style=dotted, color=red, constraint=false, "
				"label=\"peer to peer\"]");
}

/*
 * Prints the graph for dot(1) of Graphviz: a box for each IOMMU group with several devices, red
 * edges where devices are not isolated.
 */
static void verb_graph_print_dot(const struct inventory *inv)
{
	puts("digraph host {\n\trankdir=LR; node [fontsize=10];");
	VEC_FOREACH(const struct iommu_group, group, &inv->iommu_groups)
		verb_graph_print_group(group);
	VEC_FOREACH(const struct device, device, &inv->devices)
		if (device->iommu_group < 0)
			verb_graph_print_node(device, "\t");
	VEC_FOREACH(const struct device, device, &inv->devices) {
		const struct device *above = topology_parent(inv, device);
		bool tied = above && above->iommu_group >= 0 &&
			    above->iommu_group == device->iommu_group;

		if (device->physfn)
			verb_graph_print_edge(device->physfn, device->key,
					      " [style=dashed, label=\"VF\"]");
		else if (above)
			verb_graph_print_edge(above->key, device->key, tied ? " [color=red]" : "");
		verb_graph_print_leaks(inv, device);
	}
	puts("}");
}

/* --- plain text --- */

static void verb_graph_print_line(const struct device *device, unsigned depth)
{
	_cleanup_free_ char *what = device_describe(device), *clean = NULL;

	clean = what ? cli_term_clean(what) : NULL;
	printf("%*s%s", (int)(3 * depth), "", device->key);
	if (device->iommu_group >= 0)
		printf("  [%d]", device->iommu_group);
	printf("  %s%s%s", cli_term_begin(TINT_FAINT), str_or(clean, ""), cli_term_end(TINT_FAINT));
	if (device->physfn)
		printf(", VF of %s", device->physfn);
	putchar('\n');
}

static void verb_graph_print_below(const struct inventory *inv, const struct device *bridge,
				   unsigned depth)
{
	verb_graph_print_line(bridge, depth);
	if (!device_is_bridge(bridge) || depth == DEPTH_SHOWN)
		return;
	TOPOLOGY_FOREACH(device, inv, topology_below(inv, bridge))
		if (str_eq(device->parent, bridge->key))
			verb_graph_print_below(inv, device, depth + 1);
}

static void verb_graph_print_tree(const struct inventory *inv)
{
	VEC_FOREACH(const struct device, device, &inv->devices)
		if (!topology_parent(inv, device))
			verb_graph_print_below(inv, device, 0);
}

/* --- JSON --- */

static json_object *verb_graph_device_to_json(const struct inventory *inv,
					      const struct device *device)
{
	_cleanup_free_ char *text = device_describe(device);

	if (!text)
		return NULL;
	return CLI_JSON_NEW({ "device", json_object_new_string(device->key) },
			    { "description", json_object_new_string(text) },
			    { "parent", json_object_new_string(str_or(device->parent, "")) },
			    { "iommu-group", json_object_new_int(device->iommu_group) },
			    { "bridge", json_object_new_boolean(device_is_bridge(device)) },
			    { "causes", cli_host_causes_to_json(inv, device) });
}

/*
 * Returns [{"device", "description", "parent", "iommu-group", "bridge", "causes"}]; NULL when out
 * of memory.
 */
static json_object *verb_graph_to_json(const struct inventory *inv)
{
	_cleanup_json_ json_object *list = json_object_new_array();

	VEC_FOREACH(const struct device, device, &inv->devices)
		if (cli_json_append(list, verb_graph_device_to_json(inv, device)) < 0)
			return NULL;
	return TAKE_PTR(list);
}

int verb_graph(struct cli *cli)
{
	_cleanup_host_ struct cli_host host = { 0 };
	_cleanup_json_ json_object *list = NULL;
	int r = cli_host_open(cli, &host);

	if (r)
		return r;
	if (cli->options.json != CLI_JSON_OFF) {
		list = verb_graph_to_json(host.inv);
		if (!list)
			return cli_fail(-ENOMEM, "cannot draw the host");
		cli_json_print(list, cli->options.json);
	} else if (cli->options.tree) {
		cli_pager_open(cli);
		verb_graph_print_tree(host.inv);
	} else {
		verb_graph_print_dot(host.inv);
	}
	return 0;
}
