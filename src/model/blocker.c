/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/str.h"
#include "model/blocker.h"

static void *blocker_free(void *data)
{
	struct blocker *blocker = data;

	if (!blocker)
		return NULL;
	free(blocker->code);
	free(blocker->device);
	free(blocker->text);
	free(blocker);
	return NULL;
}

int blocker_add(struct vec *blockers, bool hard, const char *code, const char *device,
		const char *format, ...)
{
	struct blocker *blocker = calloc(1, sizeof(*blocker));
	va_list ap;
	int n;

	if (!blocker)
		return -ENOMEM;
	va_start(ap, format);
	n = vasprintf(&blocker->text, format, ap);
	va_end(ap);
	if (n < 0)
		blocker->text = NULL;
	blocker->code = strdup(code);
	blocker->device = strdup(device);
	blocker->hard = hard;
	if (!blocker->text || !blocker->code || !blocker->device ||
	    vec_add(blockers, blocker) < 0) {
		blocker_free(blocker);
		return -ENOMEM;
	}
	return 0;
}

void blockers_clear(struct vec *blockers)
{
	vec_clear(blockers, blocker_free);
}

const struct blocker *blockers_first(const struct vec *blockers, bool force)
{
	VEC_FOREACH(const struct blocker, blocker, blockers)
		if (blocker->hard)
			return blocker;
	return force || !blockers->n ? NULL : blockers->items[0];
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
