/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Sets the VF token of a function that is on vfio-pci. The kernel demands it from a process that
 * opens one of its virtual functions, or the function itself while one of them is open. The
 * function keeps the last token that it was opened with.
 */

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "sys/step/step-runner.h"

int step_vf_token_set(struct step_runner *runner, const struct step *step, char **ret_cause)
{
	_cleanup_free_ char *name = NULL;
	struct held_group *held;
	int r, container, device;

	if (!step->value)
		return -EINVAL;
	r = step_vfio_open_viable(runner, step->iommu_group, ret_cause, &held);
	if (r < 0)
		return r;
	if (!held)
		return 1;
	name = str_printf("%s vf_token=%s", step->address, step->value);
	if (!name)
		return -ENOMEM;
	r = step_hot_reset_open_device(runner, held, name, &container, &device);
	if (r == -EACCES)
		return step_runner_fail(
			r, ret_cause,
			strdup("one of its virtual functions is open, with another VF token"));
	if (r < 0)
		return r;
	step_hot_reset_close_device(runner, held, container, device);
	return 0;
}
