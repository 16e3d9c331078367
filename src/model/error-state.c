/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/macro.h"
#include "base/str.h"
#include "model/error-state.h"

static const char *const error_state_names[ERROR_STATES] = {
	[ERROR_OK] = "ok",
	[ERROR_CORRECTABLE] = "correctable",
	[ERROR_RECOVERED] = "recovered",
	[ERROR_RECOVERING] = "recovering",
	[ERROR_FATAL] = "fatal",
	[ERROR_FROZEN] = "frozen",
	[ERROR_FAILED] = "failed",
};

const char *error_state_to_string(enum error_state state)
{
	return error_state_names[state];
}

const char *error_state_explain(enum error_state state)
{
	if (state == ERROR_FROZEN)
		return "is cut off from the host after an error";
	if (state == ERROR_FAILED)
		return "had an error that the kernel could not recover it from";
	return "had a fatal error, and its link was reset while it was in use";
}

bool error_state_from_string(const char *text, enum error_state *ret)
{
	for (unsigned i = 0; i < ERROR_STATES; i++) {
		if (!str_eq(error_state_names[i], text))
			continue;
		*ret = (enum error_state)i;
		return true;
	}
	return false;
}

enum error_event error_state_event_from_string(const char *text)
{
	if (str_eq(text, "BEGIN_RECOVERY"))
		return ERROR_EVENT_BEGIN;
	if (str_eq(text, "SUCCESSFUL_RECOVERY"))
		return ERROR_EVENT_SUCCESS;
	return str_eq(text, "FAILED_RECOVERY") ? ERROR_EVENT_FAILED : ERROR_EVENT_NONE;
}

static uint64_t error_state_all_fatal(const struct device_errors *errors)
{
	return errors->fatal + errors->fatal_above;
}

void error_state_mark_known(const struct device_errors *before, struct device_errors *now,
			    enum error_event event)
{
	uint64_t old = event == ERROR_EVENT_NONE && before->above_known ?
			       error_state_all_fatal(before) :
			       error_state_all_fatal(now);

	/* the counters begin anew with a device that was plugged in again */
	now->fatal_old = old < error_state_all_fatal(now) ? old : error_state_all_fatal(now);
}

/* Where nobody has looked before, an old fatal error counts for a new one: that errs on the safe
 * side. */
static bool error_state_is_fatal(const struct device_errors *before,
				 const struct device_errors *now)
{
	return now->contained ||
	       error_state_all_fatal(now) > (before->above_known ? before->fatal_old : 0);
}

static enum error_state error_state_after_recovery(enum error_state state, bool driven)
{
	return error_state_is_lost(state) && !driven ? ERROR_FATAL : ERROR_RECOVERED;
}

/* No event, only another look. */
static enum error_state error_state_after_reading(const struct device_errors *before,
						  const struct device_errors *now, bool driven)
{
	if (now->contained)
		return before->state == ERROR_FAILED ? ERROR_FAILED : ERROR_FROZEN;
	if (before->contained && before->state == ERROR_FROZEN)
		return error_state_after_recovery(before->state, driven);
	/* the end of a recovery that its driver had no part in is not told: a VFIO driver's */
	if (before->state == ERROR_RECOVERING && now->quiet)
		return ERROR_RECOVERED;
	if (before->state == ERROR_OK && now->correctable > before->correctable)
		return ERROR_CORRECTABLE;
	return before->state;
}

enum error_state error_state_next(const struct device_errors *before,
				  const struct device_errors *now, enum error_event event,
				  bool driven)
{
	switch (event) {
	case ERROR_EVENT_BEGIN:
		if (error_state_is_lost(before->state) || error_state_is_fatal(before, now))
			return ERROR_FROZEN;
		return ERROR_RECOVERING;
	case ERROR_EVENT_SUCCESS:
		return now->contained ? ERROR_FROZEN :
					error_state_after_recovery(before->state, driven);
	case ERROR_EVENT_FAILED:
		return ERROR_FAILED;
	default:
		return error_state_after_reading(before, now, driven);
	}
}
