/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A host's devices, who is below whom, and which of them move together: drawn. */

#include "cli/cli-host.h"

/*
 * For dot(1) of Graphviz: a box for each IOMMU group of two and more, red for what does not
 * isolate.
 */
void cli_graph_print_dot(const struct inventory *inv);
/* As a tree of plain text. */
void cli_graph_print_tree(const struct inventory *inv);
/*
 * [{"device", "description", "parent", "iommu-group", "bridge", "causes"}]; NULL when out of
 * memory.
 */
json_object *cli_graph_to_json(const struct inventory *inv) _must_check_;
