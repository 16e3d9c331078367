/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "model/device-bus.h"
#include "model/mdev-def.h"
#include "model/pciaddr.h"

struct mdevdef *mdevdef_new(const char *key)
{
	_cleanup_mdevdef_ struct mdevdef *def = calloc(1, sizeof(*def));

	if (!def)
		return NULL;
	def->key = strdup(key);
	return def->key ? TAKE_PTR(def) : NULL;
}

struct mdevdef *mdevdef_free(struct mdevdef *def)
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

char *mdevdef_signature(const struct mdevdef *def)
{
	_cleanup_free_ char *attributes = strv_join(def->attributes, "\t");

	return attributes ? str_printf("%s\t%s\t%s", def->parent, def->type, attributes) : NULL;
}

int mdev_parent_normalize(const char *s, char **ret)
{
	_cleanup_free_ char *full = NULL;
	struct pciaddr addr;

	/* a name of a subchannel, "0.0.26ab", has no colon, so that only what has a bus before it has one */
	if (pciaddr_parse(s, &addr) >= 0 || strchr(s, ':'))
		return devkey_normalize(s, ret);
	full = str_printf("%s:%s", devbus_mdev_parent.name, s);
	return full ? devkey_normalize(full, ret) : -ENOMEM;
}
