/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Steps with new_id and remove_id, and their undo. */

#include <errno.h>

#include "base/str.h"
#include "base/strv.h"
#include "model/device.h"
#include "policy/plan/new-id.h"
#include "policy/plan/vfio-choice.h"

static bool new_id_same_ids(const struct device *a, const struct device *b)
{
	return a->vendor == b->vendor && a->device == b->device &&
	       a->subsystem_vendor == b->subsystem_vendor &&
	       a->subsystem_device == b->subsystem_device;
}

/* Returns whether no earlier device has these ids and driver: one id serves them all. */
static bool new_id_is_first_of_kind(const struct vec *devices, size_t at,
				    const struct group_def *def)
{
	const struct device *device = devices->items[at];
	const char *driver = vfio_choice_driver(device, def);

	for (size_t i = 0; i < at; i++)
		if (new_id_same_ids(devices->items[i], device) &&
		    str_eq(vfio_choice_driver(devices->items[i], def), driver))
			return false;
	return true;
}

static int new_id_add(const struct vec *devices, const struct group_def *def, enum step_kind kind,
		      struct vec *steps)
{
	for (size_t i = 0; i < devices->n; i++) {
		int r;

		if (!new_id_is_first_of_kind(devices, i, def))
			continue;
		r = steps_add_device(steps, kind, devices->items[i],
				     vfio_choice_driver(devices->items[i], def));
		if (r < 0)
			return r;
	}
	return 0;
}

static int new_id_spare_others(const struct vec *devices, const struct group_def *def,
			       struct vec *steps)
{
	_cleanup_strv_ char **seen = NULL;

	VEC_FOREACH(const struct device, device, devices) {
		const char *driver = vfio_choice_driver(device, def);
		int r;

		if (strv_contains(seen, driver))
			continue;
		r = strv_add(&seen, driver);
		if (r < 0)
			return r;
		r = steps_add_plain(steps, STEP_UNBIND_COLLATERAL, driver);
		if (r < 0)
			return r;
	}
	return 0;
}

int new_id_plan_bind(const struct vec *devices, const struct group_def *def, struct vec *steps)
{
	int r;

	if (devices->n == 0)
		return 0;
	r = new_id_add(devices, def, STEP_ADD_ID, steps);
	if (r < 0)
		return r;
	VEC_FOREACH(const struct device, device, devices) {
		r = steps_add_device(steps, STEP_BIND, device, vfio_choice_driver(device, def));
		if (r < 0)
			return r;
	}
	r = new_id_add(devices, def, STEP_REMOVE_ID, steps);
	if (r < 0)
		return r;
	return new_id_spare_others(devices, def, steps);
}

int new_id_record(const struct inventory *inv, const struct vec *steps, struct record *record)
{
	VEC_FOREACH(const struct step, step, steps)
		record->new_ids |= step->kind == STEP_ADD_ID;
	if (!record->new_ids)
		return 0;
	VEC_FOREACH(const struct device, device, &inv->devices) {
		int r;

		if (!vfio_choice_is_vfio(device->driver))
			continue;
		r = strv_add(&record->kept, device->key);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Returns the member whose id must have bound @device, a device outside the claim, or NULL. */
static const struct record_device *new_id_find_cause(const struct inventory *inv,
						     const struct record *record,
						     const struct device *device)
{
	if (!device->driver || strv_contains(record->kept, device->key) ||
	    record_find_device(record, device->key))
		return NULL;
	VEC_FOREACH(const struct record_device, member, &record->devices) {
		const struct device *ours = inventory_find(inv, member->key);

		if (ours && str_eq(device->driver, member->driver) && new_id_same_ids(ours, device))
			return member;
	}
	return NULL;
}

static int new_id_undo_ids(const struct inventory *inv, const struct record *record,
			   struct vec *steps)
{
	VEC_FOREACH(const struct record_device, member, &record->devices) {
		const struct device *current = inventory_find(inv, member->key);
		int r;

		if (!current || !member->driver || !new_id_needed(current))
			continue;
		r = steps_add_device(steps, STEP_REMOVE_ID, current, member->driver);
		if (r < 0)
			return r;
	}
	return 0;
}

int new_id_plan_undo(const struct inventory *inv, const struct record *record, struct vec *steps)
{
	int r;

	if (!record->new_ids)
		return 0;
	r = new_id_undo_ids(inv, record, steps);
	if (r < 0)
		return r;
	VEC_FOREACH(const struct device, device, &inv->devices) {
		if (!new_id_find_cause(inv, record, device))
			continue;
		r = steps_add_group(steps, STEP_PROVE_CLOSED, device->iommu_group, 0);
		if (r < 0)
			return r;
		r = steps_add_device(steps, STEP_UNBIND, device, device->driver);
		if (r < 0)
			return r;
	}
	return 0;
}
