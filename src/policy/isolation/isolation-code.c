/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The words of the causes of isolation. */

#include <errno.h>

#include "base/str.h"
#include "policy/isolation/isolation.h"

static const char *const isolation_code_names[ISOLATION_CODES] = {
	[ISOLATION_ACS_MISSING] = "acs-missing",
	[ISOLATION_ACS_NOT_ENABLED] = "acs-not-enabled",
	[ISOLATION_MULTIFUNCTION] = "multifunction",
	[ISOLATION_CONVENTIONAL_BRIDGE] = "conventional-bridge",
	[ISOLATION_DMA_ALIAS] = "dma-alias",
	[ISOLATION_PLATFORM_PE] = "platform-pe",
	[ISOLATION_UNKNOWN] = "unknown",
	[ISOLATION_ACS_QUIRK] = "acs-quirk",
	[ISOLATION_ACS_CLEARED] = "acs-cleared",
	[ISOLATION_PEER_TO_PEER] = "peer-to-peer",
	[ISOLATION_NO_IOMMU] = "no-iommu",
};

const char *isolation_code_to_string(enum isolation_code code)
{
	return isolation_code_names[code];
}

int isolation_code_from_string(const char *s, enum isolation_code *ret)
{
	for (size_t i = 0; i < ISOLATION_CODES; i++)
		if (str_eq(isolation_code_names[i], s)) {
			*ret = (enum isolation_code)i;
			return 0;
		}
	return -EINVAL;
}
