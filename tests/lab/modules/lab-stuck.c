// SPDX-License-Identifier: GPL-2.0-only
/*
 * A host driver that binds and unbinds a device only while the parameter "hold" is N. Until then
 * the process that binds or unbinds sleeps, and no signal wakes it. The driver is for QEMU's edu
 * device. It has no alias, so only tests load it.
 */

#include <linux/module.h>
#include <linux/pci.h>
#include <linux/wait.h>

static DECLARE_WAIT_QUEUE_HEAD(gate);
static bool hold;

static int set_hold(const char *value, const struct kernel_param *param)
{
	int ret = param_set_bool(value, param);

	wake_up_all(&gate);
	return ret;
}

static const struct kernel_param_ops hold_ops = {
	.set = set_hold,
	.get = param_get_bool,
};

module_param_cb(hold, &hold_ops, &hold, 0600);
MODULE_PARM_DESC(hold, "Y: binding and unbinding do not return");

static int stuck_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	wait_event(gate, !READ_ONCE(hold));
	return 0;
}

static void stuck_remove(struct pci_dev *pdev)
{
	wait_event(gate, !READ_ONCE(hold));
}

static const struct pci_device_id ids[] = {
	{ PCI_DEVICE(0x1234, 0x11e8) },
	{},
};

static struct pci_driver stuck_driver = {
	.name = "lab-stuck",
	.id_table = ids,
	.probe = stuck_probe,
	.remove = stuck_remove,
};

module_pci_driver(stuck_driver);
MODULE_AUTHOR("The devgroups project");
MODULE_DESCRIPTION("A host driver that does not return, for tests");
MODULE_LICENSE("GPL");
