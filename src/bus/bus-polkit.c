/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "bus/bus-polkit.h"
#include "daemon/manager.h"

#define POLKIT_NAME "org.freedesktop.PolicyKit1"
#define POLKIT_PATH "/org/freedesktop/PolicyKit1/Authority"
#define POLKIT_IFACE "org.freedesktop.PolicyKit1.Authority"

/* Flag of CheckAuthorization(): polkit may ask the user. */
#define ALLOW_USER_INTERACTION 1u

/* Somebody looks for a password, or only a daemon for its rules. */
#define INTERACTIVE_USEC (5 * 60 * 1000000ULL)
#define RULES_USEC (20 * 1000000ULL)

/* How long what was let beforehand may be done, as long as polkit itself remembers where it does.
 */
#define GRANTED_USEC (5 * 60 * 1000000ULL)

/* One call that was put aside: first without an answer, then with it until its handler has come for
 * it. */
struct polkit_query {
	struct bus *bus;
	sd_bus_message *call;
	sd_bus_slot *slot;   /* of the question that is under way */
	sd_bus_track *track; /* of the caller: nobody else wants the answer */
	char *sender;
	uid_t uid;
	uint64_t granted_usec; /* of those in bus->granted, by CLOCK_MONOTONIC */
	char *action, *group, *devices, *label;
	char *id; /* polkit's handle to take the question back */
	bool answered, allowed;
	char *why; /* it is not allowed */
};

static void *polkit_query_free(void *data)
{
	struct polkit_query *query = data;

	sd_bus_slot_unref(query->slot);
	sd_bus_track_unref(query->track);
	sd_bus_message_unref(query->call);
	free(query->sender);
	free(query->action);
	free(query->group);
	free(query->devices);
	free(query->label);
	free(query->id);
	free(query->why);
	free(query);
	return NULL;
}

/* An agent may have a dialog open for it. Nobody waits for what polkit says to this. */
static void polkit_query_cancel(struct polkit_query *query)
{
	int r;

	if (query->answered)
		return;
	r = sd_bus_call_method_async(query->bus->bus, NULL, POLKIT_NAME, POLKIT_PATH, POLKIT_IFACE,
				     "CancelCheckAuthorization", NULL, NULL, "s", query->id);
	if (r < 0)
		log_debug_errno(r, "Cannot take a question to polkit back");
}

static void polkit_query_remove(struct polkit_query *query)
{
	vec_remove(&query->bus->queries, query);
	vec_remove(&query->bus->granted, query);
	polkit_query_free(query);
}

void bus_polkit_cancel_all(struct bus *bus)
{
	VEC_FOREACH(struct polkit_query, query, &bus->queries)
		polkit_query_cancel(query);
	vec_clear(&bus->queries, polkit_query_free);
	vec_clear(&bus->granted, polkit_query_free);
}

static int on_polkit_caller_gone(sd_bus_track *track, void *userdata)
{
	struct polkit_query *query = userdata;

	log_debug("Whoever waited for polkit is gone");
	polkit_query_cancel(query);
	polkit_query_remove(query);
	return 0;
}

/* --- the answer --- */

static char *bus_polkit_explain_error(const struct polkit_query *query, const sd_bus_error *error)
{
	static const char *const absent[] = { SD_BUS_ERROR_SERVICE_UNKNOWN,
					      SD_BUS_ERROR_NAME_HAS_NO_OWNER };

	for (size_t i = 0; i < ARRAY_SIZE(absent); i++)
		if (sd_bus_error_has_name(error, absent[i]))
			return strdup("There is no polkit on this host that could allow it.");
	if (sd_bus_error_has_name(error, SD_BUS_ERROR_NO_REPLY) ||
	    sd_bus_error_has_name(error, SD_BUS_ERROR_TIMEOUT))
		return strdup("polkit, which could allow it, does not answer.");
	return str_printf("polkit, which could allow it, cannot be asked: %s (%s).",
			  str_or(error->message, "no reason given"), error->name);
}

static char *bus_polkit_explain_denial(const struct polkit_query *query, bool challenge)
{
	int may_ask = sd_bus_message_get_allow_interactive_authorization(query->call);

	if (challenge && may_ask > 0)
		return str_printf(
			"polkit would allow it (%s) after a password, but nobody was there to give "
			"it or it was not given.",
			query->action);
	if (challenge)
		return str_printf(
			"polkit would allow it (%s) after a password, which this call does "
			"not let it ask for.",
			query->action);
	return str_printf("polkit does not allow it either (%s).", query->action);
}

static int bus_polkit_read_reply(struct polkit_query *query, sd_bus_message *reply)
{
	const sd_bus_error *error = sd_bus_message_get_error(reply);
	int allowed, challenge, r;

	if (error) {
		query->why = bus_polkit_explain_error(query, error);
		return 0;
	}
	r = sd_bus_message_enter_container(reply, 'r', "bba{ss}");
	if (r >= 0)
		r = sd_bus_message_read(reply, "bb", &allowed, &challenge);
	if (r < 0)
		return r;
	query->allowed = allowed;
	if (!allowed)
		query->why = bus_polkit_explain_denial(query, challenge);
	return 0;
}

static int on_polkit_reply(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	struct polkit_query *query = userdata;
	int r;

	query->slot = sd_bus_slot_unref(query->slot);
	query->answered = true;
	r = bus_polkit_read_reply(query, reply);
	if (r < 0)
		log_warning_errno(r, "polkit's answer cannot be read");
	/* the handler runs again, from the start, and finds the answer */
	r = sd_bus_enqueue_for_read(query->bus->bus, query->call);
	if (r < 0) {
		(void)sd_bus_reply_method_errno(query->call, r, NULL);
		polkit_query_remove(query);
		return log_warning_errno(r, "A call that waited for polkit is lost");
	}
	return 0;
}

/* --- the question --- */

static int bus_polkit_append_detail(sd_bus_message *message, const char *key, const char *value)
{
	return value ? sd_bus_message_append(message, "{ss}", key, value) : 0;
}

static int bus_polkit_append_question(sd_bus_message *message, const struct polkit_query *query)
{
	int may_ask = sd_bus_message_get_allow_interactive_authorization(query->call);
	int r = sd_bus_message_append(message, "(sa{sv})s", "system-bus-name", 1, "name", "s",
				      query->sender, query->action);

	if (r >= 0)
		r = sd_bus_message_open_container(message, 'a', "{ss}");
	if (r >= 0)
		r = bus_polkit_append_detail(message, "group", query->group);
	if (r >= 0)
		r = bus_polkit_append_detail(message, "devices", query->devices);
	if (r >= 0)
		r = bus_polkit_append_detail(message, "label", query->label);
	if (r >= 0)
		r = sd_bus_message_close_container(message);
	return r < 0 ? r :
		       sd_bus_message_append(message, "us",
					     may_ask > 0 ? ALLOW_USER_INTERACTION : 0, query->id);
}

static int polkit_query_send(struct polkit_query *query)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *message = NULL;
	bool may_ask = sd_bus_message_get_allow_interactive_authorization(query->call) > 0;
	int r = sd_bus_message_new_method_call(query->bus->bus, &message, POLKIT_NAME, POLKIT_PATH,
					       POLKIT_IFACE, "CheckAuthorization");

	if (r >= 0)
		r = bus_polkit_append_question(message, query);
	if (r < 0)
		return r;
	return sd_bus_call_async(query->bus->bus, &query->slot, message, on_polkit_reply, query,
				 may_ask ? INTERACTIVE_USEC : RULES_USEC);
}

static int polkit_query_fill(struct polkit_query *query, const struct polkit_question *question)
{
	static uint64_t
		count; /* makes ids of this connection unique, which is all that polkit wants */

	query->id = str_printf("devgroups-%llu", (unsigned long long)++count);
	query->sender = strdup(str_or(sd_bus_message_get_sender(query->call), ""));
	if (!query->id || !query->sender || str_set(&query->action, question->action) < 0 ||
	    str_set(&query->group, question->group) < 0 ||
	    str_set(&query->devices, question->devices) < 0 ||
	    str_set(&query->label, question->label) < 0)
		return -ENOMEM;
	return 0;
}

static int polkit_query_new(struct bus *bus, sd_bus_message *call, uid_t uid,
			    const struct polkit_question *question)
{
	struct polkit_query *query = calloc(1, sizeof(*query));
	int r;

	if (!query)
		return -ENOMEM;
	query->bus = bus;
	query->uid = uid;
	query->call = sd_bus_message_ref(call);
	r = polkit_query_fill(query, question);
	if (r >= 0)
		r = sd_bus_track_new(bus->bus, &query->track, on_polkit_caller_gone, query);
	if (r >= 0)
		r = sd_bus_track_add_sender(query->track, call);
	if (r >= 0)
		r = vec_add(&bus->queries, query);
	if (r >= 0) {
		r = polkit_query_send(query);
		if (r >= 0)
			return 0;
		vec_remove(&bus->queries, query);
	}
	polkit_query_free(query);
	return r;
}

static struct polkit_query *polkit_query_find(const struct bus *bus, const sd_bus_message *call)
{
	VEC_FOREACH(struct polkit_query, query, &bus->queries)
		if (query->call == call)
			return query;
	return NULL;
}

static bool polkit_query_matches(const struct polkit_query *query,
				 const struct polkit_question *question)
{
	return str_eq(query->action, question->action) && str_eq(query->group, question->group) &&
	       str_eq(query->devices, question->devices) && str_eq(query->label, question->label);
}

static unsigned polkit_query_count(const struct bus *bus, uid_t uid)
{
	unsigned n = 0;

	VEC_FOREACH(const struct polkit_query, query, &bus->queries)
		n += query->uid == uid;
	return n;
}

/* --- what was let beforehand --- */

/* One for each connection and group: whoever asks without end gets no more of our memory. */
static void polkit_query_remove_older(struct bus *bus, const struct polkit_query *query)
{
	VEC_FOREACH(struct polkit_query, other, &bus->granted)
		if (str_eq(other->sender, query->sender) && str_eq(other->group, query->group)) {
			polkit_query_remove(other);
			return;
		}
}

static void polkit_query_keep_granted(struct bus *bus, struct polkit_query *query)
{
	polkit_query_remove_older(bus, query);
	vec_remove(&bus->queries, query);
	if (vec_add(&bus->granted, query) < 0) { /* then it is asked again */
		polkit_query_free(query);
		return;
	}
	query->call = sd_bus_message_unref(query->call);
	query->granted_usec = clock_usec(CLOCK_MONOTONIC);
}

/* It is used up by what it was for. */
static bool bus_polkit_was_granted(struct bus *bus, sd_bus_message *call,
				   const struct polkit_question *question)
{
	VEC_FOREACH(struct polkit_query, query, &bus->granted) {
		bool fresh = clock_usec(CLOCK_MONOTONIC) - query->granted_usec < GRANTED_USEC;

		if (!str_eq(query->sender, sd_bus_message_get_sender(call)) ||
		    !polkit_query_matches(query, question))
			continue;
		if (!fresh || !question->beforehand)
			polkit_query_remove(query);
		return fresh;
	}
	return false;
}

enum polkit_answer bus_polkit_ask(struct bus *bus, sd_bus_message *call, uid_t uid,
				  const struct polkit_question *question, char **ret_why)
{
	const struct limits *limits = &bus->manager->limits;
	struct polkit_query *query = polkit_query_find(bus, call);
	bool allowed;
	int r;

	if (query && polkit_query_matches(query, question)) {
		allowed = query->allowed;
		*ret_why = allowed ? NULL : TAKE_PTR(query->why);
		if (allowed && question->beforehand)
			polkit_query_keep_granted(bus, query);
		else
			polkit_query_remove(query);
		return allowed ? POLKIT_YES : POLKIT_NO;
	}
	/* what the answer was about is no longer what is asked for */
	if (query)
		polkit_query_remove(query);
	if (bus_polkit_was_granted(bus, call, question))
		return POLKIT_YES;
	if (polkit_query_count(bus, uid) >= limits->waiting_per_user ||
	    bus->queries.n >= limits->waiting) {
		*ret_why = strdup("Too many calls wait for polkit already.");
		return POLKIT_NO;
	}
	r = polkit_query_new(bus, call, uid, question);
	if (r >= 0)
		return POLKIT_PENDING;
	*ret_why = str_printf("polkit, which could allow it, cannot be asked: %s.", strerror(-r));
	return POLKIT_NO;
}
