/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints: /sys/kernel/tracing/events/devgroups. The events of groups are those that udev gets;
 * "owner" has no event there.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM devgroups

#if !defined(DEVGROUPS_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define DEVGROUPS_TRACE_H

#include <linux/tracepoint.h>

#include "devgroups.h"

/* clang-format off */
TRACE_DEFINE_ENUM(DG_OWNER_NONE);
TRACE_DEFINE_ENUM(DG_OWNER_KERNEL);
TRACE_DEFINE_ENUM(DG_OWNER_USER);

DECLARE_EVENT_CLASS(devgroups_group,
	TP_PROTO(const struct dg_group *group),
	TP_ARGS(group),
	TP_STRUCT__entry(
		__field(int, id)
		__field(u64, instance)
		__field(u64, generation)
	),
	TP_fast_assign(
		__entry->id = group->id;
		__entry->instance = group->instance;
		__entry->generation = READ_ONCE(group->generation);
	),
	TP_printk("id=%d instance=%llu generation=%llu", __entry->id, __entry->instance,
		  __entry->generation)
);

DEFINE_EVENT(devgroups_group, group_add,
	TP_PROTO(const struct dg_group *group),
	TP_ARGS(group)
);

DEFINE_EVENT(devgroups_group, group_change,
	TP_PROTO(const struct dg_group *group),
	TP_ARGS(group)
);

DEFINE_EVENT(devgroups_group, group_remove,
	TP_PROTO(const struct dg_group *group),
	TP_ARGS(group)
);

TRACE_EVENT(owner,
	TP_PROTO(const struct dg_group *group, enum dg_owner owner),
	TP_ARGS(group, owner),
	TP_STRUCT__entry(
		__field(int, id)
		__field(u64, instance)
		__field(int, owner)
	),
	TP_fast_assign(
		__entry->id = group->id;
		__entry->instance = group->instance;
		__entry->owner = owner;
	),
	TP_printk("id=%d instance=%llu owner=%s", __entry->id, __entry->instance,
		  __print_symbolic(__entry->owner,
				   { DG_OWNER_NONE, "none" },
				   { DG_OWNER_KERNEL, "kernel" },
				   { DG_OWNER_USER, "user" }))
);
/* clang-format on */

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
