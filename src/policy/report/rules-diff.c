/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "base/str.h"
#include "policy/devinfo/pcicap.h"
#include "policy/isolation/acs.h"
#include "policy/isolation/topology.h"
#include "policy/offline/grouping.h"
#include "policy/report/rules-diff.h"

static struct rules_change *rules_change_free(struct rules_change *change)
{
	if (!change)
		return NULL;
	vec_drop(&change->devices);
	vec_drop(&change->rules);
	free(change);
	return NULL;
}

static DEFINE_VEC_CLEAR(rules_change_clear, struct rules_change, rules_change_free)

void rules_diff_clear(struct rules_diff *diff)
{
	free(diff->now);
	free(diff->then);
	rules_change_clear(&diff->changes);
	vec_drop(&diff->unknown);
	vec_drop(&diff->puzzling);
	*diff = (struct rules_diff){ 0 };
}

/* --- sets of devices that keep to themselves --- */

/* Each device belongs to the set of the lowest index that set[] leads to. */
static size_t rules_diff_set_of(size_t *set, size_t i)
{
	while (set[i] != i) {
		set[i] = set[set[i]];
		i = set[i];
	}
	return i;
}

/*
 * Joins the sets of devices with the same number. @first has room for each number, and is
 * overwritten.
 */
static void rules_diff_join(size_t *set, const int *numbers, size_t n, size_t *first)
{
	for (size_t i = 0; i < n; i++)
		first[i] = SIZE_MAX;
	for (size_t i = 0; i < n; i++) {
		size_t a, b;

		if (numbers[i] < 0)
			continue;
		if (first[numbers[i]] == SIZE_MAX)
			first[numbers[i]] = i;
		a = rules_diff_set_of(set, first[numbers[i]]);
		b = rules_diff_set_of(set, i);
		set[a > b ? a : b] = a > b ? b : a;
	}
}

/*
 * Marks in @parts the lowest index of each set that has two devices in one group of @x and in two
 * of @y. @first has room for each number, and is overwritten.
 */
static void rules_diff_mark(size_t *set, size_t n, const int *x, const int *y, size_t *first,
			    bool *parts)
{
	for (size_t i = 0; i < n; i++)
		first[i] = SIZE_MAX;
	for (size_t i = 0; i < n; i++) {
		if (x[i] < 0)
			continue;
		if (first[x[i]] == SIZE_MAX)
			first[x[i]] = i;
		if (y[first[x[i]]] != y[i] || y[i] < 0)
			parts[rules_diff_set_of(set, i)] = true;
	}
}

/* --- rules that apply --- */

static int rules_diff_add_rule(struct vec *rules, const struct kernel_rule *rule)
{
	VEC_FOREACH(const struct kernel_rule, known, rules)
		if (str_eq(known->name, rule->name))
			return 0;
	return vec_add(rules, (void *)(uintptr_t)rule);
}

/* Adds the rules on the model of @device that only one of the two kernels has. */
static int rules_diff_add_models(const struct rules_diff *diff, const struct device *device,
				 struct vec *rules)
{
	const struct kernel_rule *rule;
	unsigned rules_of = diff->rules == KERNEL_RULES_NEXT ? KERNEL_RULES_NEWEST : diff->rules;

	for (size_t n = 0; (rule = kernel_rules_differ(diff->base, rules_of, device, n)); n++) {
		bool is_acs =
			rule->kind == KERNEL_RULE_ACS || rule->kind == KERNEL_RULE_RC_ENDPOINT;

		/* A single function isolates in any case. */
		if (is_acs && !device_is_bridge(device) && !pcicap_is_multifunction(device))
			continue;
		if (rules_diff_add_rule(rules, rule) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Returns the rule of the series that joins @device with others that it was apart from, or NULL. */
static const struct kernel_rule *rules_diff_find_joining(const struct inventory *inv,
							 const struct device *device)
{
	const struct device *above = topology_parent(inv, device);

	if (acs_isolates(device))
		return NULL;
	if (pcicap_express_type(device) == EXPRESS_DOWNSTREAM && above &&
	    pcicap_express_type(above) == EXPRESS_UPSTREAM)
		return &kernel_rules_next[KERNEL_RULE_SWITCH_PORTS];
	if (pcicap_is_multifunction(device) && acs_has_capability(device))
		return &kernel_rules_next[KERNEL_RULE_MIXED_FUNCTIONS];
	return NULL;
}

/* Returns the rule of the series that parts @device from others that it was joined with, or NULL.
 */
static const struct kernel_rule *rules_diff_find_parting(const struct device *device)
{
	int type = pcicap_express_type(device);

	if (type == EXPRESS_TO_PCI || (type < 0 && device_is_bridge(device)))
		return &kernel_rules_next[KERNEL_RULE_CONVENTIONAL];
	if (acs_isolates(device) || acs_has_capability(device))
		return NULL;
	if (type == EXPRESS_ROOT_PORT)
		return &kernel_rules_next[KERNEL_RULE_ROOT_PORT];
	if (pcicap_is_multifunction(device))
		return &kernel_rules_next[KERNEL_RULE_PLAIN_FUNCTIONS];
	return NULL;
}

/* Adds the rules of the series that take effect on @device itself. */
static int rules_diff_add_next(const struct inventory *inv, const struct device *device,
			       struct rules_change *change)
{
	const struct kernel_rule *rule =
		change->joins ? rules_diff_find_joining(inv, device) : NULL;

	if (rule && rules_diff_add_rule(&change->rules, rule) < 0)
		return -ENOMEM;
	rule = change->parts ? rules_diff_find_parting(device) : NULL;
	return rule ? rules_diff_add_rule(&change->rules, rule) : 0;
}

/* Adds the rules that apply to @device, and to the bridges above it. */
static int rules_diff_add_rules(const struct inventory *inv, const struct rules_diff *diff,
				const struct device *device, struct rules_change *change)
{
	for (unsigned n = 0; device && n < TOPOLOGY_DEPTH_MAX; n++) {
		int r = rules_diff_add_models(diff, device, &change->rules);

		if (r >= 0 && diff->rules == KERNEL_RULES_NEXT)
			r = rules_diff_add_next(inv, device, change);
		if (r < 0)
			return r;
		device = topology_parent(inv, device);
	}
	return 0;
}

/* --- what is not known --- */

/* Returns whether @device is a port of a switch whose isolation the recording does not show. */
static bool rules_diff_hides_acs(const struct device *device)
{
	return device_is_bridge(device) && acs_quirk(device) < 0 &&
	       acs_state(device) == ACS_UNKNOWN;
}

/* Returns whether something that decides the group of @device is not known. */
static bool rules_diff_is_unsure(const struct inventory *inv, unsigned rules,
				 const struct device *device)
{
	if (grouping_is_unsure(inv, device))
		return true;
	if (rules != KERNEL_RULES_NEXT)
		return false;
	for (unsigned n = 0; device && n < TOPOLOGY_DEPTH_MAX; n++) {
		const struct device *above = topology_parent(inv, device);

		if (above && pcicap_express_type(above) == EXPRESS_UPSTREAM)
			TOPOLOGY_FOREACH(port, inv, topology_bus(inv, device))
				if (rules_diff_hides_acs(port))
					return true;
		device = above;
	}
	return false;
}

static int rules_diff_add_unknown(const struct inventory *inv, struct rules_diff *diff)
{
	for (size_t i = 0; i < inv->devices.n; i++) {
		struct device *device = inv->devices.items[i];

		if (diff->now[i] >= 0 && rules_diff_is_unsure(inv, diff->rules, device) &&
		    vec_add(&diff->unknown, device) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* --- the comparison --- */

/* Fills diff->now with the groups of the host; their numbers count from 0. */
static void rules_diff_fill_now(const struct inventory *inv, struct rules_diff *diff)
{
	for (size_t i = 0; i < inv->devices.n; i++)
		diff->now[i] = -1;
	for (size_t number = 0; number < inv->iommu_groups.n; number++) {
		const struct iommu_group *group = inv->iommu_groups.items[number];

		VEC_FOREACH(const struct device, device, &group->devices)
			if (device_is_pci(device))
				diff->now[inventory_index(inv, device)] = (int)number;
	}
}

/* The working memory of a comparison: room for each device, or for each set by its lowest index. */
struct rules_diff_work {
	size_t *set, *first;
	bool *unknown;
	bool *puzzling; /* the rules of the base make other groups */
	bool *parts;	/* two devices of one group come into two */
	bool *joins;	/* the reverse */
	struct rules_change **changes;
};

static void rules_diff_work_clear(struct rules_diff_work *work)
{
	free(work->set);
	free(work->first);
	free(work->unknown);
	free(work->puzzling);
	free(work->parts);
	free(work->joins);
	free(work->changes);
}

static int rules_diff_work_init(struct rules_diff_work *work, size_t n)
{
	n++;
	*work = (struct rules_diff_work){
		.set = calloc(n, sizeof(size_t)),
		.first = calloc(n, sizeof(size_t)),
		.unknown = calloc(n, sizeof(bool)),
		.puzzling = calloc(n, sizeof(bool)),
		.parts = calloc(n, sizeof(bool)),
		.joins = calloc(n, sizeof(bool)),
		.changes = calloc(n, sizeof(*work->changes)),
	};
	if (!work->set || !work->first || !work->unknown || !work->puzzling || !work->parts ||
	    !work->joins || !work->changes)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		work->set[i] = i;
	return 0;
}

/* Adds a device to the change of its set. */
static int rules_diff_add_changed(struct rules_diff *diff, const struct rules_diff_work *work,
				  size_t lowest, struct device *device)
{
	struct rules_change *change = work->changes[lowest];

	if (!change) {
		change = calloc(1, sizeof(*change));
		if (!change)
			return -ENOMEM;
		change->parts = work->parts[lowest];
		change->joins = work->joins[lowest];
		if (vec_add(&diff->changes, change) < 0) {
			rules_change_free(change);
			return -ENOMEM;
		}
		work->changes[lowest] = change;
	}
	return vec_add(&change->devices, device);
}

static int rules_diff_add_devices(const struct inventory *inv, struct rules_diff *diff,
				  const struct rules_diff_work *work)
{
	for (size_t i = 0; i < inv->devices.n; i++) {
		size_t lowest = rules_diff_set_of(work->set, i);
		struct device *device = inv->devices.items[i];
		int r = 0;

		if (diff->now[i] < 0 || work->unknown[lowest])
			continue;
		if (work->puzzling[lowest])
			r = vec_add(&diff->puzzling, device);
		else if (work->parts[lowest] || work->joins[lowest])
			r = rules_diff_add_changed(diff, work, lowest, device);
		if (r < 0)
			return r;
	}
	return 0;
}

static int rules_diff_add_all_rules(const struct inventory *inv, struct rules_diff *diff)
{
	VEC_FOREACH(struct rules_change, change, &diff->changes)
		VEC_FOREACH(const struct device, device, &change->devices)
			if (rules_diff_add_rules(inv, diff, device, change) < 0)
				return -ENOMEM;
	return 0;
}

/*
 * Compares diff->now with diff->then. @expected, which may be NULL, has the groups that the rules
 * of the base make.
 */
static int rules_diff_compare(const struct inventory *inv, struct rules_diff *diff,
			      const int *expected)
{
	_cleanup_(rules_diff_work_clear) struct rules_diff_work work = { 0 };
	size_t n = inv->devices.n;
	int r = rules_diff_work_init(&work, n);

	if (r < 0)
		return r;
	rules_diff_join(work.set, diff->now, n, work.first);
	rules_diff_join(work.set, diff->then, n, work.first);
	if (expected) {
		rules_diff_join(work.set, expected, n, work.first);
		rules_diff_mark(work.set, n, diff->now, expected, work.first, work.puzzling);
		rules_diff_mark(work.set, n, expected, diff->now, work.first, work.puzzling);
	}
	rules_diff_mark(work.set, n, diff->now, diff->then, work.first, work.parts);
	rules_diff_mark(work.set, n, diff->then, diff->now, work.first, work.joins);
	VEC_FOREACH(const struct device, device, &diff->unknown)
		work.unknown[rules_diff_set_of(work.set, inventory_index(inv, device))] = true;
	r = rules_diff_add_devices(inv, diff, &work);
	if (r < 0)
		return r;
	return rules_diff_add_all_rules(inv, diff);
}

/* Takes devices that are in no group out of @numbers. */
static void rules_diff_drop_others(const struct rules_diff *diff, size_t n, int *numbers)
{
	for (size_t i = 0; i < n; i++)
		if (diff->now[i] < 0)
			numbers[i] = -1;
}

int rules_diff_find(const struct inventory *inv, unsigned rules, struct rules_diff *ret)
{
	_cleanup_free_ int *expected = NULL;
	size_t n = inv->devices.n;
	int r;

	*ret = (struct rules_diff){ .rules = rules, .no_groups = inv->iommu_groups.n == 0 };
	ret->base = inv->groups_derived ? KERNEL_RULES_NEWEST :
					  kernel_rules_of_release(inv->kernel_release);
	if (ret->no_groups)
		return 0;
	ret->now = calloc(n + 1, sizeof(int));
	if (!ret->now)
		return -ENOMEM;
	rules_diff_fill_now(inv, ret);
	r = grouping_derive_by(inv, rules, &ret->then);
	if (r < 0)
		return r;
	rules_diff_drop_others(ret, n, ret->then);
	if (!inv->groups_derived) {
		r = grouping_derive_by(inv, ret->base, &expected);
		if (r < 0)
			return r;
		rules_diff_drop_others(ret, n, expected);
	}
	r = rules_diff_add_unknown(inv, ret);
	if (r < 0)
		return r;
	return rules_diff_compare(inv, ret, expected);
}
