/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Prints what the product says of each host file that is an argument, for tests/check-hosts: "host
 * FILE", and the lines that tests/unit/test-hosts.c explains.
 */

#undef NDEBUG
#include <fcntl.h>

#include "base/fileio.h"
#include "policy/offline/host-file.h"
#include "tests/unit/describe-host.h"

#define HOST_MAX (64u << 20)

static int describe_hosts_one(const char *path)
{
	_cleanup_free_ char *text = NULL, *lines = NULL, *error = NULL;
	_cleanup_inventory_ struct inventory *inv = NULL;
	size_t size;
	int r;

	r = fileio_read_at(AT_FDCWD, path, HOST_MAX, &text, &size);
	if (r >= 0)
		r = host_file_parse(text, size, &inv, &error);
	if (r < 0) {
		fprintf(stderr, "%s: %s\n", path, error ? error : strerror(-r));
		return r;
	}
	lines = describe_host_text(inv);
	printf("host %s\n%s", path, lines);
	return 0;
}

int main(int argc, char **argv)
{
	int status = EXIT_SUCCESS;

	for (int i = 1; i < argc; i++)
		if (describe_hosts_one(argv[i]) < 0)
			status = EXIT_FAILURE;
	return status;
}
