/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Event sources that report the end of the holder, the last close of a node and the next try. */

#include <errno.h>
#include <sys/inotify.h>

#include "base/log.h"
#include "base/str.h"
#include "daemon/lease/lease-watch.h"
#include "model/device.h"
#include "sys/vfio-node.h"

/*
 * Delays between tries of a release. They double from the first to the last: most causes end soon,
 * others take long.
 */
#define FIRST_RETRY_USEC (100000ULL)
#define LAST_RETRY_USEC (5000000ULL)

/* --- the holder --- */

static int lease_watch_on_pipe(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	const struct lease_watch *watch = userdata;

	/* Only a hang-up counts: data in the pipe stays unread. */
	if (!(revents & (EPOLLHUP | EPOLLERR)))
		return 0;
	watch->fn(LEASE_END_REQUESTED, watch->userdata);
	return 0;
}

int lease_watch_pipe(struct lease_watch *watch, int pipe_read)
{
	return sd_event_add_io(watch->event, &watch->pipe_source, pipe_read, 0, lease_watch_on_pipe,
			       watch);
}

/* --- the last close --- */

static int lease_watch_on_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
	const struct lease_watch *watch = userdata;

	watch->fn(LEASE_RETRY_DUE, watch->userdata);
	return 0;
}

int lease_watch_retry_later(struct lease_watch *watch)
{
	watch->retry_usec = watch->retry_usec ? watch->retry_usec * 2 : FIRST_RETRY_USEC;
	if (watch->retry_usec > LAST_RETRY_USEC)
		watch->retry_usec = LAST_RETRY_USEC;
	watch->retry_source = sd_event_source_disable_unref(watch->retry_source);
	return sd_event_add_time_relative(watch->event, &watch->retry_source, CLOCK_MONOTONIC,
					  watch->retry_usec, 0, lease_watch_on_retry, watch);
}

static int lease_watch_on_node(sd_event_source *source, const struct inotify_event *event,
			       void *userdata)
{
	const struct lease_watch *watch = userdata;

	watch->fn(LEASE_CLOSED, watch->userdata);
	return 0;
}

static void lease_watch_node(struct lease_watch *watch, const char *path, sd_event_source **source)
{
	_cleanup_free_ char *place = sysfs_root_path(watch->root, path);
	int r = -ENOMEM;

	*source = sd_event_source_disable_unref(*source);
	if (place)
		r = sd_event_add_inotify(watch->event, source, place,
					 IN_CLOSE_WRITE | IN_CLOSE_NOWRITE | IN_DELETE_SELF,
					 lease_watch_on_node, watch);
	if (r < 0)
		log_debug_errno(r, "Cannot watch %s", path);
}

/*
 * A device's descriptor that came from the group holds the file of the group: the group's node has
 * one close event, when the last of both is closed (measured on 6.12). A descriptor of the device's
 * own node holds only that, so the directory of these nodes is watched too. A node that the holder
 * made elsewhere has another inode, and is found closed by the next try.
 */
bool lease_watch_nodes(struct lease_watch *watch, int iommu_group, bool device_nodes)
{
	_cleanup_free_ char *path = str_printf("/dev/vfio/%d", iommu_group);

	if (watch->iommu_group == iommu_group || !path)
		return false;
	watch->iommu_group = iommu_group;
	lease_watch_node(watch, path, &watch->node_source);
	if (device_nodes)
		lease_watch_node(watch, VFIO_NODE_DEVICES_DIR, &watch->devices_source);
	return true;
}

/* --- life --- */

void lease_watch_init(struct lease_watch *watch, sd_event *event, const struct sysfs_root *root,
		      lease_watch_fn fn, void *userdata)
{
	*watch = (struct lease_watch){
		.event = event,
		.root = root,
		.fn = fn,
		.userdata = userdata,
		.iommu_group = IOMMU_GROUP_NONE,
	};
}

void lease_watch_pause(struct lease_watch *watch)
{
	watch->pipe_source = sd_event_source_disable_unref(watch->pipe_source);
	watch->retry_source = sd_event_source_disable_unref(watch->retry_source);
}

void lease_watch_stop(struct lease_watch *watch)
{
	lease_watch_pause(watch);
	watch->node_source = sd_event_source_disable_unref(watch->node_source);
	watch->devices_source = sd_event_source_disable_unref(watch->devices_source);
	watch->iommu_group = IOMMU_GROUP_NONE;
}
