/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Placeholders in the command of "devgroupctl run". The first byte chooses the claim, the rest is
 * the command: its arguments are separated by newlines.
 */

#include "fuzz.h"

#include <errno.h>

#include "base/str.h"
#include "base/strv.h"
#include "cli/run/cli-claim-fd.h"
#include "cli/run/cli-subst.h"

static const struct {
	const char *kind, *name, *group, *text;
} subst_claims[] = {
	/* a claim with VFIO groups */
	{ "lease", "", "disk0", NULL },
	{ "vfio-container", "", "disk0", NULL },
	{ "vfio-group", "13", "disk0", NULL },
	/* one with iommufd */
	{ "lease", "", "nic0", NULL },
	{ "iommufd", "", "nic0", NULL },
	{ "vfio-device", "pci:0000:01:00.0", "nic0", NULL },
	{ "vfio-device", "pci:0000:01:00.1", "nic0", NULL },
	/* and one of virtual functions */
	{ CLI_CLAIM_FD_TOKEN, "0000:02:00.0", "vf0", "2ab74924-c335-45f4-9b16-8569e5b08258" },
	{ CLI_CLAIM_FD_TOKEN, "0000:02:00.0", "vf1", "other" },
	{ CLI_CLAIM_FD_CONFIG, "qemu", "", NULL },
};

static void subst_make_claim(struct vec *fds, struct vec *paths, unsigned mask)
{
	for (size_t i = 0; i < ARRAY_SIZE(subst_claims); i++) {
		struct claim_fd *fd;

		if (mask & (i < 3 ? 1 : i < 7 ? 2 : 4))
			continue;
		assert(cli_claim_fd_add(fds, subst_claims[i].kind, subst_claims[i].name,
					subst_claims[i].group, -EBADF) == 0);
		fd = fds->items[fds->n - 1];
		assert(str_set(&fd->text, subst_claims[i].text) == 0);
	}
	if (mask & 8)
		assert(cli_claim_fd_add(paths, "vfio-device", "pci:0000:02:10.0", "vf0", -EBADF) ==
		       0);
}

static void subst_check_argument(char *const *argv, char *const *filled, size_t i)
{
	if (!strchr(argv[i], '{'))
		assert(strv_contains((char **)filled, argv[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_claim_fds_ struct vec fds = { 0 }, paths = { 0 };
	_cleanup_strv_ char **argv = NULL, **filled = NULL;
	_cleanup_free_ char *text = NULL, *error = NULL, *other_error = NULL;
	unsigned needs;
	int r;

	if (size == 0)
		return 0;
	subst_make_claim(&fds, &paths, data[0]);
	text = strndup((const char *)data + 1, size - 1);
	assert(text);
	assert(strv_split(text, "\n", &argv) == 0);
	r = cli_subst_needs(argv, &needs, &other_error);
	assert(r == 0 || (r == -EINVAL && other_error));
	r = cli_subst_apply(argv, &fds, &paths, 3, &filled, &error);
	assert(r == 0 || (r == -EINVAL && error && !filled));
	for (size_t i = 0; r == 0 && i < strv_length(argv); i++)
		subst_check_argument(argv, filled, i);
	return 0;
}
