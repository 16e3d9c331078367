/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The state of a device after errors, as a function of what was read and reported. */

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
	if (str_eq(text, "FAILED_RECOVERY"))
		return ERROR_EVENT_FAILED;
	return ERROR_EVENT_NONE;
}

static uint64_t error_state_all_fatal(const struct device_errors *errors)
{
	return errors->fatal + errors->fatal_above;
}

void error_state_mark_known(const struct device_errors *before, struct device_errors *current,
			    enum error_event event)
{
	uint64_t all = error_state_all_fatal(current), old = all;

	if (event == ERROR_EVENT_NONE && before->above_known)
		old = error_state_all_fatal(before);
	/* the counters restart when a device is plugged in again */
	current->fatal_old = old < all ? old : all;
}

/* Detects new fatal errors. Without an earlier reading old errors count as new: that is safe. */
static bool error_state_is_fatal(const struct device_errors *before,
				 const struct device_errors *current)
{
	uint64_t old = before->above_known ? before->fatal_old : 0;

	return current->contained || error_state_all_fatal(current) > old;
}

static enum error_state error_state_after_recovery(enum error_state state, bool driven)
{
	if (error_state_is_lost(state) && !driven)
		return ERROR_FATAL;
	return ERROR_RECOVERED;
}

/* Returns the state after a reading without an event. */
static enum error_state error_state_after_reading(const struct device_errors *before,
						  const struct device_errors *current, bool driven)
{
	if (current->contained)
		return before->state == ERROR_FAILED ? ERROR_FAILED : ERROR_FROZEN;
	if (before->contained && before->state == ERROR_FROZEN)
		return error_state_after_recovery(before->state, driven);
	/* a recovery without the driver, as under VFIO, ends without an event */
	if (before->state == ERROR_RECOVERING && current->quiet)
		return ERROR_RECOVERED;
	if (before->state == ERROR_OK && current->correctable > before->correctable)
		return ERROR_CORRECTABLE;
	return before->state;
}

enum error_state error_state_next(const struct device_errors *before,
				  const struct device_errors *current, enum error_event event,
				  bool driven)
{
	switch (event) {
	case ERROR_EVENT_BEGIN:
		if (error_state_is_lost(before->state) || error_state_is_fatal(before, current))
			return ERROR_FROZEN;
		return ERROR_RECOVERING;
	case ERROR_EVENT_SUCCESS:
		if (current->contained)
			return ERROR_FROZEN;
		return error_state_after_recovery(before->state, driven);
	case ERROR_EVENT_FAILED:
		return ERROR_FAILED;
	default:
		return error_state_after_reading(before, current, driven);
	}
}
