/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Answers of rtnetlink to a dump of routes, and its events. */

#include "fuzz.h"

#include <sys/socket.h>
#include <unistd.h>

#include "sys/usage/routes.h"

static int events[2];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	return socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, events);
}

static int routes_check(const char *interface, const char *gateway, void *userdata)
{
	assert(*interface && (!gateway || *gateway));
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *buffer = malloc(size + !size);
	int r;

	assert(buffer);
	memcpy(buffer, data, size);
	r = routes_parse(buffer, size, routes_check, NULL);
	assert(r == 0 || r == 1);
	free(buffer);
	if (size > 0 && size <= 8192) {
		assert(send(events[0], data, size, 0) == (ssize_t)size);
		(void)routes_watch_dispatch(events[1]);
	}
	return 0;
}
