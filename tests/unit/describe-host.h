/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Describes a host in lines, which test-hosts.c explains. */

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "policy/devinfo/cap-space.h"
#include "policy/isolation/isolation.h"
#include "policy/offline/grouping.h"
#include "policy/plan/reset-scope.h"

static inline void describe_host_print_keys(FILE *out, const char *word, const struct vec *devices)
{
	fputs(word, out);
	VEC_FOREACH(const struct device, device, devices)
		fprintf(out, " %s", device->key);
	fputc('\n', out);
}

static inline void describe_host_print_groups(FILE *out, const struct inventory *inv)
{
	VEC_FOREACH(const struct iommu_group, group, &inv->iommu_groups)
		describe_host_print_keys(out, "group", &group->devices);
	VEC_FOREACH(const struct device, device, &inv->devices)
		if (device->iommu_group < 0)
			fprintf(out, "none %s\n", device->key);
}

/*
 * Adds the devices with the derived number @number to @ret. Returns true if the kernel has the same
 * IOMMU group.
 */
static inline bool describe_host_matches_iommu_group(const struct inventory *inv,
						     const int *numbers, int number,
						     struct vec *ret)
{
	const struct iommu_group *group;

	for (size_t i = 0; i < inv->devices.n; i++)
		if (numbers[i] == number)
			assert(vec_add(ret, inv->devices.items[i]) == 0);
	group = inventory_find_group(inv, ((struct device *)ret->items[0])->iommu_group);
	return group && group->devices.n == ret->n &&
	       memcmp(group->devices.items, ret->items, ret->n * sizeof(void *)) == 0;
}

/* Prints nothing if the kernel has no groups at all: the host has no IOMMU. */
static inline void describe_host_print_derived(FILE *out, const struct inventory *inv)
{
	_cleanup_free_ int *numbers = NULL;
	int next = 0;

	assert(grouping_derive(inv, &numbers) == 0);
	for (size_t i = 0; inv->iommu_groups.n > 0 && i < inv->devices.n; i++) {
		_cleanup_vec_ struct vec devices = { 0 };

		if (numbers[i] != next)
			continue;
		if (!describe_host_matches_iommu_group(inv, numbers, next++, &devices))
			describe_host_print_keys(out, "derived", &devices);
	}
}

static inline void describe_host_print_causes(FILE *out, const struct inventory *inv,
					      const struct device *device)
{
	_cleanup_isolation_ struct vec causes = { 0 };

	assert(isolation_find(inv, device, &causes) == 0);
	VEC_FOREACH(const struct isolation_cause, cause, &causes) {
		_cleanup_free_ char *text = isolation_text(inv, device, cause);

		assert(text);
		fprintf(out, "cause %s %s %s\n", device->key, isolation_code_to_string(cause->code),
			cause->peer);
	}
}

static inline void describe_host_print_resets(FILE *out, const struct inventory *inv,
					      struct device *device)
{
	STRV_FOREACH(method, device->reset_methods) {
		_cleanup_vec_ struct vec devices = { 0 };
		_cleanup_free_ char *word = str_printf("reset %s %s", device->key, *method);

		assert(reset_scope_devices(inv, device, *method, &devices) == 0);
		assert(vec_remove(&devices, device));
		describe_host_print_keys(out, word, &devices);
	}
}

static inline void describe_host_print_virtual(FILE *out, const struct inventory *inv,
					       const struct device *vf)
{
	struct cap_space space[CAP_SPACE_KINDS];

	if (!vf->physfn)
		return;
	cap_space_find(vf, inventory_find(inv, vf->physfn), space);
	for (enum cap_space_kind kind = 0; kind < CAP_SPACE_KINDS; kind++)
		if (space[kind].at)
			fprintf(out, "virtual %s %s %s %#x%s\n", vf->key,
				cap_space_kind_to_string(kind),
				cap_space_state_to_string(space[kind].state), space[kind].place.at,
				space[kind].place.as_pf ? " as-pf" : "");
}

static inline char *describe_host_text(const struct inventory *inv)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	describe_host_print_groups(out, inv);
	describe_host_print_derived(out, inv);
	VEC_FOREACH(const struct device, device, &inv->devices)
		describe_host_print_causes(out, inv, device);
	VEC_FOREACH(struct device, device, &inv->devices)
		describe_host_print_resets(out, inv, device);
	VEC_FOREACH(const struct device, device, &inv->devices)
		describe_host_print_virtual(out, inv, device);
	assert(fclose(out) == 0);
	return text;
}
