/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The definition of a mediated device. */

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "model/device-bus.h"
#include "model/mdev-def.h"
#include "model/pciaddr.h"

struct mdev_def *mdev_def_new(const char *key)
{
	_cleanup_mdev_def_ struct mdev_def *def = calloc(1, sizeof(*def));

	if (!def)
		return NULL;
	def->key = strdup(key);
	return def->key ? TAKE_PTR(def) : NULL;
}

struct mdev_def *mdev_def_free(struct mdev_def *def)
{
	if (!def)
		return NULL;
	free(def->key);
	free(def->parent);
	free(def->type);
	strv_free(def->attributes);
	free(def->file);
	free(def);
	return NULL;
}

char *mdev_def_signature(const struct mdev_def *def)
{
	_cleanup_free_ char *attributes = strv_join(def->attributes, "\t");

	if (!attributes)
		return NULL;
	return str_printf("%s\t%s\t%s", def->parent, def->type, attributes);
}

int mdev_def_normalize_parent(const char *s, char **ret)
{
	_cleanup_free_ char *full = NULL;
	struct pciaddr addr;

	/* a name with a bus has a colon; the name of a subchannel, "0.0.26ab", has none */
	if (pciaddr_parse(s, &addr) >= 0 || strchr(s, ':'))
		return device_bus_key_normalize(s, ret);
	full = str_printf("%s:%s", device_bus_mdev_parent.name, s);
	if (!full)
		return -ENOMEM;
	return device_bus_key_normalize(full, ret);
}
