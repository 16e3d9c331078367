/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Prints what the product says of each host file that is an argument, for tests/check-hosts: "host
 * FILE", the lines that tests/unit/test-hosts.c explains, and for each version of the kernel's
 * rules "rules VERSION" with the groups that it makes.
 */

#undef NDEBUG
#include <fcntl.h>

#include "base/fileio.h"
#include "policy/offline/host-file.h"
#include "tests/unit/describe-host.h"

#define HOST_MAX (64u << 20)

static void describe_hosts_print_by(const struct inventory *inv, const char *word)
{
	_cleanup_free_ int *numbers = NULL;
	unsigned rules;

	assert(kernel_rules_parse(word, &rules) == 0);
	assert(grouping_derive_by(inv, rules, &numbers) == 0);
	printf("rules %s\n", word);
	for (size_t i = 0; i < inv->devices.n; i++) {
		const struct device *device = inv->devices.items[i];

		if (device_is_pci(device))
			printf("by %s %d %s\n", word, numbers[i], device->key);
	}
}

static int describe_hosts_one(const char *path)
{
	static const char *const versions[] = { "5.4", "5.7", "5.8", "6.1", "6.12", "7.2", "next" };
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
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++)
		describe_hosts_print_by(inv, versions[i]);
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
