/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The state of a device after errors that PCI Express (AER, DPC) or the platform (EEH) reported: a
 * plain value, and the pure function by which a report changes it.
 */

#include <stdbool.h>
#include <stdint.h>

/* The states of a device, from the best to the worst. */
enum error_state {
	ERROR_OK,
	ERROR_CORRECTABLE, /* hardware has corrected errors: nothing was lost */
	ERROR_RECOVERED,   /* after an error its driver has restored it */
	ERROR_RECOVERING,  /* the kernel is recovering it */
	ERROR_FATAL,	   /* a link reset during use: the state of the device is lost */
	ERROR_FROZEN,	   /* cut off from the host */
	ERROR_FAILED,	   /* the kernel has given it up */
	ERROR_STATES,
};

/* ERROR_EVENT of a uevent of the device: pci_uevent_ers() in drivers/pci/pci-driver.c. */
enum error_event {
	ERROR_EVENT_NONE, /* no event: only the readings have changed */
	ERROR_EVENT_BEGIN,
	ERROR_EVENT_SUCCESS,
	ERROR_EVENT_FAILED,
};

struct device_errors {
	enum error_state state;
	bool counted; /* the kernel counts its errors */
	uint64_t correctable, nonfatal, fatal;
	/*
	 * The fatal errors that the ports above have counted. The link is down after such an error,
	 * so the count of the device itself often stays.
	 */
	bool above_known;
	uint64_t fatal_above;
	uint64_t fatal_old; /* how many of both kinds were reported before */
	bool contained;	    /* DPC of a port above, or EEH, blocks access to it */
	bool quiet;	/* EEH: no recovery runs. AER and DPC report recoveries only by events */
	bool eeh_known; /* the state of its PE has been read */
	bool given_up;	/* EEH gave up the slot before this device came: it may be healthy */
};

const char *error_state_to_string(enum error_state state);
/* Returns the rest of a sentence about a device in a lost state: "had a fatal error, ...". */
const char *error_state_explain(enum error_state state);
/* False for an unknown word. */
bool error_state_from_string(const char *text, enum error_state *ret);
/* Returns ERROR_EVENT_NONE for NULL and for unknown words. */
enum error_event error_state_event_from_string(const char *text);

/* Returns whether the state of the device is lost: only after a reset may it be assigned again. */
static inline bool error_state_is_lost(enum error_state state)
{
	return state >= ERROR_FATAL;
}

/*
 * Marks in @current, read after @before, the fatal errors that were reported before. The kernel
 * counts an error before it sends the event. So errors that a reading without an event finds may
 * belong to an event that follows; they are old at the next reading.
 */
void error_state_mark_known(const struct device_errors *before, struct device_errors *current,
			    enum error_event event);

/*
 * Returns the state after @event, from the readings before and after it. @driven: a host driver is
 * bound, which restores the device after a recovery; a VFIO driver does not.
 */
enum error_state error_state_next(const struct device_errors *before,
				  const struct device_errors *current, enum error_event event,
				  bool driven);
