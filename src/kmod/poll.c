// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looks for changes that come without an event: a program clears the ACS control of a port, and a
 * VFIO user takes or leaves the DMA of a group. The timer does not wake an idle processor.
 */

#include <linux/jiffies.h>
#include <linux/workqueue.h>

#include "devgroups.h"

#define POLL_PERIOD msecs_to_jiffies(5000)
#define POLL_CONFIRM msecs_to_jiffies(1100) /* longer than a value takes to be confirmed */

static void poll_run(struct work_struct *work);

static DECLARE_DEFERRABLE_WORK(poll_work, poll_run);
static bool poll_stopping;

static void poll_run(struct work_struct *work)
{
	bool again = false;

	if (dg_registry_sample_acs(&again))
		dg_publish_soon();
	dg_publish_trace_owners();
	if (!READ_ONCE(poll_stopping))
		queue_delayed_work(system_long_wq, &poll_work, again ? POLL_CONFIRM : POLL_PERIOD);
}

void dg_poll_start(void)
{
	queue_delayed_work(system_long_wq, &poll_work, POLL_PERIOD);
}

void dg_poll_stop(void)
{
	WRITE_ONCE(poll_stopping, true);
	cancel_delayed_work_sync(&poll_work);
}
