/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/str.h"
#include "model/blocker.h"

static struct blocker *blocker_free(struct blocker *blocker)
{
	if (!blocker)
		return NULL;
	free(blocker->code);
	free(blocker->device);
	free(blocker->text);
	free(blocker);
	return NULL;
}

DEFINE_CLEANUP(struct blocker *, blocker_freep, blocker_free)
DEFINE_VEC_CLEAR(blockers_clear, struct blocker, blocker_free)

int blocker_add(struct vec *blockers, bool hard, const char *code, const char *device,
		const char *format, ...)
{
	_cleanup_(blocker_freep) struct blocker *blocker = calloc(1, sizeof(*blocker));
	va_list ap;
	int r;

	if (!blocker)
		return -ENOMEM;
	va_start(ap, format);
	blocker->text = str_vprintf(format, ap);
	va_end(ap);
	blocker->code = strdup(code);
	blocker->device = strdup(device);
	blocker->hard = hard;
	if (!blocker->text || !blocker->code || !blocker->device)
		return -ENOMEM;
	r = vec_add(blockers, blocker);
	if (r < 0)
		return r;
	TAKE_PTR(blocker);
	return 0;
}

const struct blocker *blockers_first(const struct vec *blockers, bool force)
{
	VEC_FOREACH(const struct blocker, blocker, blockers)
		if (blocker->hard)
			return blocker;
	if (force || blockers->n == 0)
		return NULL;
	return blockers->items[0];
}

bool blockers_equal(const struct vec *a, const struct vec *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		const struct blocker *x = a->items[i], *y = b->items[i];

		if (x->hard != y->hard || !str_eq(x->code, y->code) ||
		    !str_eq(x->device, y->device) || !str_eq(x->text, y->text))
			return false;
	}
	return true;
}
