// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two platform devices, lab-platform.0 and .1, in an IOMMU group of their own, for machines whose
 * IOMMU has no platform devices. As with a device tree, bus notifiers see the group when a driver
 * is bound. The driver below binds through driver_override.
 */

#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/platform_device.h>

static struct platform_device *devices[2];

static int lab_probe(struct platform_device *pdev)
{
	return 0;
}

static struct platform_driver lab_driver = {
	.probe = lab_probe,
	.driver = { .name = "lab-platform-driver" },
	/* since 6.12 no other driver may bind a device whose group has no domain */
	.driver_managed_dma = true,
};

static void remove_devices(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(devices); i++) {
		if (!devices[i])
			continue;
		iommu_group_remove_device(&devices[i]->dev);
		platform_device_unregister(devices[i]);
	}
}

static int add_device(struct iommu_group *group, size_t i)
{
	struct platform_device *pdev;
	int ret;

	pdev = platform_device_register_simple("lab-platform", i, NULL, 0);
	if (IS_ERR(pdev))
		return PTR_ERR(pdev);
	ret = iommu_group_add_device(group, &pdev->dev);
	if (ret)
		platform_device_unregister(pdev);
	else
		devices[i] = pdev;
	return ret;
}

static int __init lab_platform_init(void)
{
	struct iommu_group *group = iommu_group_alloc();
	size_t i;
	int ret = 0;

	if (IS_ERR(group))
		return PTR_ERR(group);
	for (i = 0; i < ARRAY_SIZE(devices) && !ret; i++)
		ret = add_device(group, i);
	/* the group lives as long as its devices */
	iommu_group_put(group);
	if (!ret)
		ret = platform_driver_register(&lab_driver);
	if (ret)
		remove_devices();
	return ret;
}

static void __exit lab_platform_exit(void)
{
	platform_driver_unregister(&lab_driver);
	remove_devices();
}

module_init(lab_platform_init);
module_exit(lab_platform_exit);
MODULE_AUTHOR("The devgroups project");
MODULE_DESCRIPTION("Platform devices in an IOMMU group, for tests");
MODULE_LICENSE("GPL");
