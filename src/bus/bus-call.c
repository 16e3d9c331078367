/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/bus-call.h"
#include "bus/bus-error.h"

bool bus_call_expects_reply(sd_bus_message *message)
{
	return sd_bus_message_get_expect_reply(message) > 0;
}

uint64_t bus_call_cookie(sd_bus_message *message)
{
	uint64_t cookie;

	/* fails only for a message that was not sent yet */
	return sd_bus_message_get_cookie(message, &cookie) < 0 ? 0 : cookie;
}

/*
 * Makes a call like the one that @sender sent, as far as a reply depends on it. sd-bus makes
 * replies only from calls (sd-bus-message.c: message_new_reply()).
 */
static int bus_call_imitate(sd_bus *connection, const char *sender, uint64_t cookie,
			    sd_bus_message **ret)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
	int r;

	r = sd_bus_message_new_method_call(connection, &call, NULL, "/", NULL, "Call");
	if (r < 0)
		return r;
	r = sd_bus_message_set_sender(call, sender);
	if (r < 0)
		return r;
	r = sd_bus_message_seal(call, cookie, 0);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(call);
	return 0;
}

int bus_call_reply(sd_bus *connection, const char *sender, uint64_t cookie,
		   const struct refusal *refusal)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
	int r;

	r = bus_call_imitate(connection, sender, cookie, &call);
	if (r < 0)
		return r;
	if (refusal)
		return bus_error_reply_refusal(call, refusal);
	return sd_bus_reply_method_return(call, NULL);
}
