/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Looks up hints and facts of a device. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/claim.h"
#include "model/dbus-names.h"

/* Asks for a property of a device that is named in any way that the daemon knows. */
static int facts_get(struct devgroups *claim, const char *device, const char *property,
		     sd_bus_message **ret)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
	const char *path;
	int r;

	if (!claim || !claim->bus || claim->state == CLAIM_RUNS || !device)
		return -EINVAL;
	claim_forget_error(claim);
	r = sd_bus_call_method(claim->bus, DG_BUS_NAME, DG_OBJECT_PATH, DG_IFACE_MANAGER,
			       "GetDevice", &claim->error, &reply, "s", device);
	if (r < 0)
		return claim_error(claim, r);
	r = sd_bus_message_read(reply, "o", &path);
	if (r < 0)
		return r;
	r = sd_bus_call_method(claim->bus, DG_BUS_NAME, path, "org.freedesktop.DBus.Properties",
			       "Get", &claim->error, ret, "ss", DG_IFACE_DEVICE, property);
	return r < 0 ? claim_error(claim, r) : 0;
}

int devgroups_get_hint(struct devgroups *claim, const char *device, const char *hint, char **ret)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
	const char *name, *value;
	int r;

	if (!hint || !ret)
		return -EINVAL;
	r = facts_get(claim, device, "VmmHints", &reply);
	if (r < 0)
		return r;
	r = sd_bus_message_enter_container(reply, 'v', "a{ss}");
	if (r < 0)
		return r;
	r = sd_bus_message_enter_container(reply, 'a', "{ss}");
	if (r < 0)
		return r;
	while ((r = sd_bus_message_read(reply, "{ss}", &name, &value)) > 0) {
		if (strcmp(name, hint) != 0)
			continue;
		*ret = strdup(value);
		return *ret ? 0 : -ENOMEM;
	}
	return r < 0 ? r : -ENOENT;
}

/* Reads the basic value that @reply is at. Properties have no type that is left out here. */
static int facts_read(sd_bus_message *reply, const char *type, char **ret)
{
	union {
		const char *text;
		uint64_t wide;
		uint32_t number;
		uint16_t half;
		int32_t integer;
		int truth;
	} value;
	int r;

	if (strlen(type) != 1 || !strchr("sgotuqib", *type))
		return -EOPNOTSUPP;
	r = sd_bus_message_read_basic(reply, *type, &value);
	if (r < 0)
		return r;
	switch (*type) {
	case 't':
		return asprintf(ret, "%" PRIu64, value.wide);
	case 'u':
		return asprintf(ret, "%" PRIu32, value.number);
	case 'q':
		return asprintf(ret, "%" PRIu16, value.half);
	case 'i':
		return asprintf(ret, "%" PRId32, value.integer);
	case 'b':
		return asprintf(ret, "%s", value.truth ? "yes" : "no");
	default:
		return asprintf(ret, "%s", value.text);
	}
}

int devgroups_get_fact(struct devgroups *claim, const char *device, const char *property,
		       char **ret)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
	_cleanup_free_ char *text = NULL;
	const char *type;
	int r;

	if (!property || !ret)
		return -EINVAL;
	r = facts_get(claim, device, property, &reply);
	if (r < 0)
		return r;
	r = sd_bus_message_peek_type(reply, NULL, &type);
	if (r < 0)
		return r;
	r = sd_bus_message_enter_container(reply, 'v', type);
	if (r < 0)
		return r;
	r = facts_read(reply, type, &text);
	if (r < 0)
		return r == -1 ? -ENOMEM : r;
	*ret = TAKE_PTR(text);
	return 0;
}
