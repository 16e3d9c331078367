// SPDX-License-Identifier: GPL-2.0-only
/* /sys/devgroups: IOMMU groups, their causes and their owners. See ABI/sysfs-devgroups. */

#include <linux/module.h>

#include "devgroups.h"

static int __init devgroups_init(void)
{
	int ret;

	ret = dg_group_class_create();
	if (ret)
		return ret;
	ret = dg_publish_start();
	if (ret)
		goto err_destroy_class;
	/* Before the scan, so that no device is missed. */
	ret = dg_notify_start();
	if (ret)
		goto err_stop_publish;
	ret = dg_scan();
	if (ret)
		goto err_stop_notify;
	dg_publish_now();
	dg_poll_start();
	return 0;

err_stop_notify:
	dg_notify_stop();
err_stop_publish:
	dg_publish_stop();
err_destroy_class:
	dg_group_class_destroy();
	return ret;
}

static void __exit devgroups_exit(void)
{
	dg_poll_stop();
	dg_notify_stop();
	dg_publish_stop();
	dg_group_class_destroy();
}

module_init(devgroups_init);
module_exit(devgroups_exit);
MODULE_AUTHOR("The devgroups project");
MODULE_DESCRIPTION("IOMMU groups, their causes and their owners");
MODULE_VERSION("0.1.0");
MODULE_LICENSE("GPL");
