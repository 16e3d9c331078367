/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The VF token of a function that is on vfio-pci: what the kernel wants to hear before it opens one of its virtual
 * functions, and, while one is open, the function itself. It keeps the last one that the function was opened with.
 */

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "sys/step/step-private.h"

int execution_set_vf_token(struct execution *execution, const struct step *step, char **ret_cause)
{
	_cleanup_free_ char *name = NULL;
	struct held_group *held;
	int r, container, device;

	if (!step->value)
		return -EINVAL;
	r = execution_open_viable(execution, step->iommu_group, ret_cause, &held);
	if (r < 0)
		return r;
	if (!held)
		return 1;
	name = str_printf("%s vf_token=%s", step->address, step->value);
	if (!name)
		return -ENOMEM;
	r = execution_open_in_group(execution, held, name, &container, &device);
	if (r == -EACCES)
		return fail(r, ret_cause, strdup("one of its virtual functions is open, with another VF token"));
	if (r >= 0)
		execution_close_in_group(execution, held, container, device);
	return r;
}
