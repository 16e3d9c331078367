/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A client of polkit. Calls are set aside in bus->queries until polkit answers. */

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "bus/bus-budget.h"
#include "bus/bus-peers.h"
#include "bus/bus-polkit.h"
#include "bus/bus-text.h"
#include "daemon/manager.h"

#define POLKIT_NAME "org.freedesktop.PolicyKit1"
#define POLKIT_PATH "/org/freedesktop/PolicyKit1/Authority"
#define POLKIT_IFACE "org.freedesktop.PolicyKit1.Authority"

/* Flag of CheckAuthorization(): polkit may ask the user. */
#define ALLOW_USER_INTERACTION 1u

/* Timeouts of a question: a user looks for a password, or only the rules are evaluated. */
#define INTERACTIVE_USEC (5 * 60 * 1000000ULL)
#define RULES_USEC (20 * 1000000ULL)

/* The cost of a question: polkit works longer on it than the daemon. */
#define QUESTION_USEC 5000

/* How long a permission that was granted in advance is valid: as long as polkit keeps its own. */
#define GRANTED_USEC (5 * 60 * 1000000ULL)

/* A call that was set aside. It is freed when its handler has read the answer. */
struct polkit_query {
	struct bus *bus;
	sd_bus_message *call;
	sd_bus_slot *slot;	     /* of the question that is under way */
	struct bus_peer_watch watch; /* of the caller: the question ends with it */
	char *sender;
	uid_t uid;
	uint64_t granted_usec; /* of those in bus->granted, by CLOCK_MONOTONIC */
	char *action, *group, *devices, *label;
	char *id; /* by which polkit cancels the question */
	bool answered, allowed;
	char *reason; /* why it is not allowed */
};

static struct polkit_query *polkit_query_free(struct polkit_query *query)
{
	sd_bus_slot_unref(query->slot);
	bus_peers_unwatch(&query->watch);
	sd_bus_message_unref(query->call);
	free(query->sender);
	free(query->action);
	free(query->group);
	free(query->devices);
	free(query->label);
	free(query->id);
	free(query->reason);
	free(query);
	return NULL;
}

DEFINE_CLEANUP(struct polkit_query *, polkit_query_freep, polkit_query_free)
static DEFINE_VEC_CLEAR(polkit_queries_clear, struct polkit_query, polkit_query_free)

/* Cancels the question: an agent of polkit may have a dialog open. The reply is ignored. */
static void polkit_query_cancel(struct polkit_query *query)
{
	int r;

	if (query->answered)
		return;
	r = sd_bus_call_method_async(query->bus->bus, NULL, POLKIT_NAME, POLKIT_PATH, POLKIT_IFACE,
				     "CancelCheckAuthorization", NULL, NULL, "s", query->id);
	if (r < 0)
		log_debug_errno(r, "Cannot cancel a question to polkit");
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
	polkit_queries_clear(&bus->queries);
	polkit_queries_clear(&bus->granted);
}

static void on_polkit_caller_gone(void *userdata)
{
	struct polkit_query *query = userdata;

	log_debug("A caller left the bus: its question to polkit is cancelled");
	polkit_query_cancel(query);
	polkit_query_remove(query);
}

/* --- the answer --- */

/* Returns the reason for a person; the caller frees it. NULL when out of memory. */
static char *bus_polkit_explain_error(const sd_bus_error *error)
{
	static const char *const absent[] = { SD_BUS_ERROR_SERVICE_UNKNOWN,
					      SD_BUS_ERROR_NAME_HAS_NO_OWNER };

	for (size_t i = 0; i < ARRAY_SIZE(absent); i++)
		if (sd_bus_error_has_name(error, absent[i]))
			return strdup("There is no polkit on this host that could allow it.");
	if (sd_bus_error_has_name(error, SD_BUS_ERROR_NO_REPLY) ||
	    sd_bus_error_has_name(error, SD_BUS_ERROR_TIMEOUT))
		return strdup("polkit could allow it, but does not answer.");
	return str_printf("polkit could allow it, but cannot be asked: %s (%s).",
			  str_or(error->message, "no reason given"), error->name);
}

/* Tells whether polkit may ask the user of @query for a password. */
static bool polkit_query_is_interactive(const struct polkit_query *query)
{
	return sd_bus_message_get_allow_interactive_authorization(query->call) > 0;
}

/* @challenge: polkit would have allowed it after a password. Returns as the previous function. */
static char *bus_polkit_explain_denial(const struct polkit_query *query, bool challenge)
{
	if (!challenge)
		return str_printf("polkit does not allow it either (%s).", query->action);
	if (polkit_query_is_interactive(query))
		return str_printf("polkit allows it (%s) only with a password, and none was given.",
				  query->action);
	return str_printf("polkit allows it (%s) only with a password, and this call does not let "
			  "polkit ask for one.",
			  query->action);
}

static int polkit_query_read_reply(struct polkit_query *query, sd_bus_message *reply)
{
	const sd_bus_error *error = sd_bus_message_get_error(reply);
	int allowed, challenge, r;

	if (error) {
		query->reason = bus_polkit_explain_error(error);
		return 0;
	}
	r = sd_bus_message_enter_container(reply, 'r', "bba{ss}");
	if (r < 0)
		return r;
	r = sd_bus_message_read(reply, "bb", &allowed, &challenge);
	if (r < 0)
		return r;
	query->allowed = allowed;
	if (!allowed)
		query->reason = bus_polkit_explain_denial(query, challenge);
	return 0;
}

static int on_polkit_reply(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	struct polkit_query *query = userdata;
	int r;

	query->slot = sd_bus_slot_unref(query->slot);
	query->answered = true;
	r = polkit_query_read_reply(query, reply);
	if (r < 0)
		log_warning_errno(r, "Cannot read the answer of polkit");
	/* the handler runs again from the start, and finds the answer */
	r = sd_bus_enqueue_for_read(query->bus->bus, query->call);
	if (r < 0) {
		(void)sd_bus_reply_method_errno(query->call, r, NULL);
		polkit_query_remove(query);
		return log_warning_errno(r, "Cannot handle a call that waited for polkit");
	}
	return 0;
}

/* --- the question --- */

static int bus_polkit_append_detail(sd_bus_message *message, const char *key, const char *value)
{
	if (!value)
		return 0;
	return bus_text_append(message, "{ss}", key, value);
}

static int polkit_query_append_details(const struct polkit_query *query, sd_bus_message *message)
{
	int r;

	r = sd_bus_message_open_container(message, 'a', "{ss}");
	if (r < 0)
		return r;
	r = bus_polkit_append_detail(message, "group", query->group);
	if (r < 0)
		return r;
	r = bus_polkit_append_detail(message, "devices", query->devices);
	if (r < 0)
		return r;
	r = bus_polkit_append_detail(message, "label", query->label);
	if (r < 0)
		return r;
	return sd_bus_message_close_container(message);
}

static int polkit_query_send(struct polkit_query *query)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *message = NULL;
	bool interactive = polkit_query_is_interactive(query);
	int r;

	r = sd_bus_message_new_method_call(query->bus->bus, &message, POLKIT_NAME, POLKIT_PATH,
					   POLKIT_IFACE, "CheckAuthorization");
	if (r < 0)
		return r;
	r = sd_bus_message_append(message, "(sa{sv})s", "system-bus-name", 1, "name", "s",
				  query->sender, query->action);
	if (r < 0)
		return r;
	r = polkit_query_append_details(query, message);
	if (r < 0)
		return r;
	r = bus_text_append(message, "us", interactive ? ALLOW_USER_INTERACTION : 0, query->id);
	if (r < 0)
		return r;
	return sd_bus_call_async(query->bus->bus, &query->slot, message, on_polkit_reply, query,
				 interactive ? INTERACTIVE_USEC : RULES_USEC);
}

static int polkit_query_fill(struct polkit_query *query, const struct polkit_question *question)
{
	/* polkit only needs ids that are unique on this connection */
	static uint64_t count;
	int r;

	query->id = str_printf("devgroups-%llu", (unsigned long long)++count);
	if (!query->id)
		return -ENOMEM;
	r = str_set(&query->sender, str_or(sd_bus_message_get_sender(query->call), ""));
	if (r < 0)
		return r;
	r = str_set(&query->action, question->action);
	if (r < 0)
		return r;
	r = str_set(&query->group, question->group);
	if (r < 0)
		return r;
	r = str_set(&query->devices, question->devices);
	if (r < 0)
		return r;
	return str_set(&query->label, question->label);
}

static int polkit_query_new(struct bus *bus, sd_bus_message *call, uid_t uid,
			    const struct polkit_question *question)
{
	_cleanup_(polkit_query_freep) struct polkit_query *query = calloc(1, sizeof(*query));
	int r;

	if (!query)
		return -ENOMEM;
	query->bus = bus;
	query->uid = uid;
	query->call = sd_bus_message_ref(call);
	r = polkit_query_fill(query, question);
	if (r < 0)
		return r;
	r = bus_peers_watch(bus, call, &query->watch, on_polkit_caller_gone, query);
	if (r < 0)
		return r;
	r = vec_add(&bus->queries, query);
	if (r < 0)
		return r;
	r = polkit_query_send(query);
	if (r < 0) {
		vec_remove(&bus->queries, query);
		return r;
	}
	query = NULL; /* bus->queries owns it */
	return 0;
}

static struct polkit_query *polkit_query_find(const struct bus *bus, const sd_bus_message *call)
{
	VEC_FOREACH(struct polkit_query, query, &bus->queries)
		if (query->call == call)
			return query;
	return NULL;
}

bool bus_polkit_has_answer(const struct bus *bus, const sd_bus_message *call)
{
	const struct polkit_query *query = polkit_query_find(bus, call);

	return query && query->answered;
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

/* --- permissions granted in advance --- */

/* Keeps one for each connection and group: a caller that asks without end gets no more memory. */
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
	if (vec_add(&bus->granted, query) < 0) { /* then polkit is asked again */
		polkit_query_free(query);
		return;
	}
	query->call = sd_bus_message_unref(query->call);
	query->granted_usec = clock_usec(CLOCK_MONOTONIC);
}

/* Uses the permission up, unless @question is itself in advance. */
static bool bus_polkit_was_granted(struct bus *bus, sd_bus_message *call,
				   const struct polkit_question *question)
{
	VEC_FOREACH(struct polkit_query, query, &bus->granted) {
		bool fresh = clock_usec(CLOCK_MONOTONIC) - query->granted_usec < GRANTED_USEC;

		if (!str_eq(query->sender, sd_bus_message_get_sender(call)) ||
		    !polkit_query_matches(query, question))
			continue;
		if (!fresh || !question->in_advance)
			polkit_query_remove(query);
		return fresh;
	}
	return false;
}

/* --- asking --- */

/* Returns the answer that @query got, and drops or keeps the query. */
static enum polkit_answer polkit_query_take_answer(struct polkit_query *query, bool in_advance,
						   char **ret_reason)
{
	bool allowed = query->allowed;

	if (!allowed)
		*ret_reason = TAKE_PTR(query->reason);
	if (allowed && in_advance)
		polkit_query_keep_granted(query->bus, query);
	else
		polkit_query_remove(query);
	return allowed ? POLKIT_YES : POLKIT_NO;
}

static bool bus_polkit_limit_reached(const struct bus *bus, uid_t uid)
{
	const struct limits *limits = &bus->manager->limits;

	return polkit_query_count(bus, uid) >= limits->waiting_per_user ||
	       bus->queries.n >= limits->waiting;
}

enum polkit_answer bus_polkit_ask(struct bus *bus, sd_bus_message *call, uid_t uid,
				  const struct polkit_question *question, char **ret_reason)
{
	struct polkit_query *query = polkit_query_find(bus, call);
	int r;

	if (query && polkit_query_matches(query, question))
		return polkit_query_take_answer(query, question->in_advance, ret_reason);
	/* the definition changed while polkit was asked, so the answer is to another question */
	if (query)
		polkit_query_remove(query);
	if (bus_polkit_was_granted(bus, call, question))
		return POLKIT_YES;
	if (bus_polkit_limit_reached(bus, uid)) {
		*ret_reason = strdup("Too many calls already wait for polkit. Try again later.");
		return POLKIT_NO;
	}
	bus_budget_charge(bus->budget, uid, QUESTION_USEC, clock_usec(CLOCK_MONOTONIC));
	r = polkit_query_new(bus, call, uid, question);
	if (r < 0) {
		*ret_reason =
			str_printf("polkit could allow it, but cannot be asked: %s.", strerror(-r));
		return POLKIT_NO;
	}
	return POLKIT_PENDING;
}
