/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How a lease learns that its holder is gone, and that the last descriptor is closed. */

#include <errno.h>
#include <sys/inotify.h>

#include "base/log.h"
#include "base/str.h"
#include "daemon/lease/lease-private.h"
#include "sys/vfio-node.h"

/*
 * How long after a release that failed, or whose last close was not seen, it is tried again: soon
 * at first, since most of what is in the way goes by itself, and later less often.
 */
#define FIRST_RETRY_USEC (100000ULL)
#define LAST_RETRY_USEC (5000000ULL)

/* --- knowing when the holder is gone --- */

static int lease_watch_on_pipe(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct lease *lease = userdata;

	/* only a hang-up counts: what somebody writes into the pipe stays there unread */
	if (!(revents & (EPOLLHUP | EPOLLERR)))
		return 0;
	log_debug("The last copy of the lease of group %s is closed", lease->record->group);
	lease_event(lease, LEASE_END_REQUESTED);
	return 0;
}

int lease_watch_pipe(struct lease *lease)
{
	if (lease->record->persistent)
		return 0;
	return sd_event_add_io(host_event(lease->host), &lease->pipe_source, lease->pipe_read, 0,
			       lease_watch_on_pipe, lease);
}

/* --- knowing when the last descriptor is closed --- */

static int lease_watch_on_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
	lease_event(userdata, LEASE_RETRY_DUE);
	return 0;
}

void lease_watch_retry_later(struct lease *lease)
{
	int r;

	lease->retry_usec = lease->retry_usec ? lease->retry_usec * 2 : FIRST_RETRY_USEC;
	if (lease->retry_usec > LAST_RETRY_USEC)
		lease->retry_usec = LAST_RETRY_USEC;
	lease->retry_source = sd_event_source_disable_unref(lease->retry_source);
	r = sd_event_add_time_relative(host_event(lease->host), &lease->retry_source,
				       CLOCK_MONOTONIC, lease->retry_usec, 0, lease_watch_on_retry,
				       lease);
	if (r < 0)
		log_error_errno(r, "Group %s will not be tried again by itself",
				lease->record->group);
}

static int lease_watch_on_node(sd_event_source *source, const struct inotify_event *event,
			       void *userdata)
{
	lease_event(userdata, LEASE_CLOSED);
	return 0;
}

static void lease_watch_node(struct lease *lease, const char *path, sd_event_source **source)
{
	int r;

	*source = sd_event_source_disable_unref(*source);
	r = sd_event_add_inotify(host_event(lease->host), source, path,
				 IN_CLOSE_WRITE | IN_CLOSE_NOWRITE | IN_DELETE_SELF,
				 lease_watch_on_node, lease);
	if (r < 0)
		log_debug_errno(r, "Cannot watch %s", path);
}

/*
 * The node's inode tells the very moment: a device's descriptor that came from the group holds the
 * group's file, so there is one close event, when the last of both is gone (measured on 6.12). One
 * that was opened by the device's own node holds that, so their directory is watched as well. A
 * node that the holder made elsewhere has another inode: for that one it is tried again now and
 * then.
 */
void lease_watch_wait_for_close(struct lease *lease)
{
	_cleanup_free_ char *path = str_printf("/dev/vfio/%d", lease->busy_group);

	lease_watch_retry_later(lease);
	lease->observer->release_delayed(lease, lease->userdata);
	if (lease->watched_group == lease->busy_group || !path)
		return;
	lease->watched_group = lease->busy_group;
	lease_watch_node(lease, path, &lease->node_source);
	if (record_interface_has_iommufd(lease->record->interface))
		lease_watch_node(lease, VFIO_NODE_DEVICES_DIR, &lease->devices_source);
	/* it may have been closed since the try that found it busy */
	lease_event(lease, LEASE_CLOSED);
}

void lease_watch_stop(struct lease *lease)
{
	lease->pipe_source = sd_event_source_disable_unref(lease->pipe_source);
	lease->node_source = sd_event_source_disable_unref(lease->node_source);
	lease->devices_source = sd_event_source_disable_unref(lease->devices_source);
	lease->retry_source = sd_event_source_disable_unref(lease->retry_source);
}
