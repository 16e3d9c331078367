/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * client [--poll] [--label TEXT] GROUP: claims GROUP with libdevgroups, prints what it got, and
 * releases it unless it polls. A refusal is "CODE ERRNO" and the text, and exit status 1.
 */

#include <devgroups.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int claim_in_loop(struct devgroups *claim)
{
	int r = devgroups_claim_start(claim);

	while (r >= 0 && (r = devgroups_process(claim)) == 0) {
		struct pollfd item = { .fd = devgroups_get_poll_fd(claim), .events = POLLIN };

		if (poll(&item, 1, 30000) <= 0)
			return -1;
	}
	return r;
}

static void show(struct devgroups *claim)
{
	const struct devgroups_fd *fds;
	size_t n, different = 0;
	char *text = NULL;

	devgroups_get_fds(claim, &fds, &n);
	for (size_t i = 0; i < n; i++) {
		size_t same = 0;

		for (size_t k = 0; k < i; k++)
			same += fds[k].fd == fds[i].fd || (!strcmp(fds[k].kind, fds[i].kind) &&
							   !strcmp(fds[k].name, fds[i].name));
		different += same == 0 && fds[i].fd >= 0;
	}
	printf("descriptors %zu different %zu\n", n, different);
	if (devgroups_find_fd(claim, "vfio-group", "120") >= 0)
		printf("group 120 found\n");
	if (devgroups_get_fact(claim, "0000:00:01.0", "Address", &text) >= 0)
		printf("fact %s\n", text);
	free(text);
	text = NULL;
	if (devgroups_get_fact(claim, "0000:77:01.0", "Address", &text) < 0)
		printf("unknown device %s\n", devgroups_get_error_code(claim));
}

int main(int argc, char **argv)
{
	const char *label = NULL;
	struct devgroups *claim;
	int r, loop = 0;

	for (; argc > 2; argc--, argv++) {
		if (!strcmp(argv[1], "--poll"))
			loop = 1;
		else if (argc > 3)
			label = argv[2], argc--, argv++;
	}
	r = devgroups_new(&claim, argv[1]);
	if (r >= 0)
		r = devgroups_set_string(claim, "interface", "group");
	if (r >= 0 && label)
		r = devgroups_set_string(claim, "label", label);
	if (r >= 0)
		r = loop ? claim_in_loop(claim) : devgroups_claim(claim);
	if (r < 0) {
		printf("%s %d: %s\n", devgroups_get_error_code(claim), r,
		       devgroups_strerror(claim, r));
		return EXIT_FAILURE;
	}
	show(claim);
	if (!loop)
		printf("released %d\n", devgroups_release(claim));
	devgroups_free(claim);
	return 0;
}
