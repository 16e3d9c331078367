/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * How a device is after what PCI Express (AER, DPC) or the platform (EEH) has reported of it: a
 * plain value, and the pure function by which a report changes it.
 */

#include <stdbool.h>
#include <stdint.h>

/* From the best to the worst. */
enum error_state {
	ERROR_OK,
	ERROR_CORRECTABLE, /* hardware has corrected errors: nothing was lost */
	ERROR_RECOVERED,   /* it had an error, and whoever drives it has brought it back */
	ERROR_RECOVERING,  /* the kernel is at it */
	ERROR_FATAL,	   /* its link was reset below whoever has it: what it held is lost */
	ERROR_FROZEN,	   /* cut off from the host */
	ERROR_FAILED,	   /* the kernel has given it up */
	ERROR_STATES,
};

/* What the kernel says in ERROR_EVENT of a device's event (pci_uevent_ers() in
 * drivers/pci/pci-driver.c). */
enum error_event {
	ERROR_EVENT_NONE, /* only the readings have changed */
	ERROR_EVENT_BEGIN,
	ERROR_EVENT_SUCCESS,
	ERROR_EVENT_FAILED,
};

struct device_errors {
	enum error_state state;
	bool counted; /* the kernel counts its errors */
	uint64_t correctable, nonfatal, fatal;
	/*
	 * Fatal ones that the ports above have counted: the link is down then, so a device's own
	 * count often stays.
	 */
	bool above_known;
	uint64_t fatal_above;
	uint64_t fatal_old; /* how many of both kinds are no news any more */
	bool contained;	    /* DPC of a port above, or EEH, keeps it off */
	bool quiet; /* EEH says that it recovers nothing; of other recoveries only events tell */
	bool eeh_known; /* its PE has been looked at */
	bool given_up;	/* EEH had given up its place before it was plugged in there, which says
			   nothing of it */
};

const char *error_state_to_string(enum error_state state);
/* Of one that is lost, what stands behind the name of its device: "had a fatal error, ...". */
const char *error_state_explain(enum error_state state);
bool error_state_from_string(const char *text, enum error_state *ret);
/* NULL or unknown words: ERROR_EVENT_NONE. */
enum error_event error_state_event_from_string(const char *text);

/* What it held is gone: only after a reset may somebody else have it. */
static inline bool error_state_is_lost(enum error_state state)
{
	return state >= ERROR_FATAL;
}

/*
 * Of what was read in @now, after @before, notes what is no news any more. The kernel counts an
 * error before it tells of it, so what is new in a look without an event may be of an event on its
 * way, and is old by the next look.
 */
void error_state_mark_known(const struct device_errors *before, struct device_errors *now,
			    enum error_event event);

/*
 * The state after @event, with what was read before it and after it. @driven: a driver of the host
 * has it, which sets it up anew after a recovery; a VFIO driver does not.
 */
enum error_state error_state_next(const struct device_errors *before,
				  const struct device_errors *now, enum error_event event,
				  bool driven);
