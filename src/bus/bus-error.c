/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The table of error names. No other file knows which refusal has which name on the bus. */

#include <stdarg.h>

#include "base/private.h"
#include "base/str.h"
#include "base/utf8.h"
#include "bus/bus-error.h"
#include "bus/bus-reader.h"
#include "model/dbus-names.h"

static const char *const bus_error_names[REFUSAL_KIND_COUNT] = {
	[REFUSED_NO_SUCH_GROUP] = DG_ERROR_NO_SUCH_GROUP,
	[REFUSED_NO_SUCH_DEVICE] = DG_ERROR_NO_SUCH_DEVICE,
	[REFUSED_BLOCKED] = DG_ERROR_BLOCKED,
	[REFUSED_BUSY] = DG_ERROR_BUSY,
	[REFUSED_RESERVED] = DG_ERROR_RESERVED,
	[REFUSED_IN_USE] = DG_ERROR_IN_USE,
	[REFUSED_BIND_FAILED] = DG_ERROR_BIND_FAILED,
	[REFUSED_RESET_FAILED] = DG_ERROR_RESET_FAILED,
	[REFUSED_TIMEOUT] = DG_ERROR_TIMEOUT,
	[REFUSED_STUCK] = DG_ERROR_STUCK,
	[REFUSED_NOT_HOLDER] = DG_ERROR_NOT_HOLDER,
	[REFUSED_BAD_OPTION] = DG_ERROR_BAD_OPTION,
	[REFUSED_BAD_CONFIG] = DG_ERROR_BAD_CONFIG,
	[REFUSED_UNSUPPORTED] = DG_ERROR_UNSUPPORTED,
	[REFUSED_ACCESS_DENIED] = SD_BUS_ERROR_ACCESS_DENIED,
	[REFUSED_LIMIT] = SD_BUS_ERROR_LIMITS_EXCEEDED,
	[REFUSED_NO_MEMORY] = SD_BUS_ERROR_NO_MEMORY,
};

static const char *bus_error_name(const struct refusal *refusal)
{
	return str_or(bus_error_names[refusal->kind], SD_BUS_ERROR_FAILED);
}

/*
 * Returns the text as @reader may see it, for the caller to free. A refusal has no text where there
 * was no memory for one.
 */
static char *bus_error_text(const struct refusal *refusal, uid_t reader)
{
	char *text = NULL;

	if (str_set(&text, refusal->text) < 0 || !text)
		return NULL;
	return utf8_clean(private_show(text, reader));
}

int bus_error_set_refusal(sd_bus_error *error, const struct refusal *refusal)
{
	_cleanup_free_ char *text = bus_error_text(refusal, bus_reader_current());

	return sd_bus_error_set(error, bus_error_name(refusal), str_or(text, "Out of memory."));
}

int bus_error_set(sd_bus_error *error, enum refusal_kind kind, const char *format, ...)
{
	_cleanup_refusal_ struct refusal refusal = { 0 };
	va_list ap;

	va_start(ap, format);
	refusal_vset(&refusal, kind, format, ap);
	va_end(ap);
	return bus_error_set_refusal(error, &refusal);
}

int bus_error_reply_refusal(sd_bus_message *call, const struct refusal *refusal)
{
	_cleanup_free_ char *text = bus_error_text(refusal, bus_reader_of_call(call));

	return sd_bus_reply_method_errorf(call, bus_error_name(refusal), "%s",
					  str_or(text, "Out of memory."));
}
