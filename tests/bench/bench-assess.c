/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Measures how long an assessment takes on a host with ten thousand functions: of all its 1112
 * groups, and of one of them.
 */

#undef NDEBUG

#include <time.h>

#include "../unit/big-host.h"
#include "policy/assess/assess.h"
#include "policy/assess/overlap.h"
#include "policy/assess/resolve.h"

#define ROUNDS 20

static double milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static size_t assess_groups(const struct inventory *inv, struct group_def **defs, unsigned n)
{
	_cleanup_assess_ struct assess *assess = NULL;
	_cleanup_overlap_ struct overlap *overlap = overlap_new();
	static struct resolved_group views[BIG_HOST_CARDS];
	size_t blockers = 0;

	assert(overlap && assess_new(inv, NULL, NULL, &assess) == 0);
	for (unsigned i = 0; i < n; i++) {
		assert(resolve_group(inv, defs[i], &views[i]) == 0);
		assert(assess_group(assess, defs[i], &views[i]) == 0);
		assert(overlap_add(overlap, defs[i], &views[i]) == 0);
	}
	assert(overlap_decide(overlap) == 0);
	for (unsigned i = 0; i < n; i++) {
		assert(overlap_assess(overlap, defs[i], &views[i]) == 0);
		blockers += views[i].blockers.n;
		resolved_group_clear(&views[i]);
	}
	return blockers;
}

static void measure(const char *what, const struct inventory *inv, struct group_def **defs,
		    unsigned n)
{
	double best = 1e9, worst = 0;
	size_t blockers = 0;

	for (int i = 0; i < ROUNDS; i++) {
		double start = milliseconds(), took;

		blockers = assess_groups(inv, defs, n);
		took = milliseconds() - start;
		best = took < best ? took : best;
		worst = took > worst ? took : worst;
	}
	printf("%s: %.2f ms at best, %.2f ms at worst of %d rounds, %zu blockers\n", what, best,
	       worst, ROUNDS, blockers);
}

int main(void)
{
	static struct group_def *defs[BIG_HOST_CARDS];
	_cleanup_inventory_ struct inventory *inv = big_host_new();

	for (unsigned i = 0; i < BIG_HOST_CARDS; i++)
		defs[i] = big_host_group(i);
	printf("%zu functions in %zu IOMMU groups\n", inv->devices.n, inv->iommu_groups.n);
	measure("all groups", inv, defs, BIG_HOST_CARDS);
	measure("one group", inv, defs, 1);
	for (unsigned i = 0; i < BIG_HOST_CARDS; i++)
		group_def_free(defs[i]);
	return 0;
}
