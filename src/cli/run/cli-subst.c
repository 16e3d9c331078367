/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "cli/run/cli-claim-fd.h"
#include "cli/run/cli-qemu-config.h"
#include "cli/run/cli-subst.h"
#include "model/device-bus.h"
#include "policy/devinfo/vmm-args.h"

struct placeholder {
	char *text; /* between the braces */
	char *kind; /* of "fd:KIND:NAME" or "fd:KIND"; NULL: a VMM's placeholder */
	char *name; /* NULL: not given */
};

struct subst {
	const struct vec *fds, *paths;
	int first;
	char **error;
};

static const struct {
	const char *kind;
	unsigned needs;
} subst_fd_kinds[] = {
	{ "lease", 0 },
	{ "vfio-container", SUBST_GROUP },
	{ "vfio-group", SUBST_GROUP },
	{ "iommufd", SUBST_IOMMUFD },
	{ "vfio-device", SUBST_IOMMUFD },
	{ CLI_CLAIM_FD_TOKEN, 0 },
};

static int subst_fail(char **ret_error, char *text)
{
	if (!text)
		return -ENOMEM;
	*ret_error = text;
	return -EINVAL;
}

/* --- find placeholders --- */

static void placeholder_clear(struct placeholder *p)
{
	free(p->text);
	free(p->kind);
	free(p->name);
	*p = (struct placeholder){ 0 };
}

/*
 * Tells whether @text is "vf-token" or "vf-token:NAME". It stands for the token itself, not for the
 * number of its descriptor.
 */
static bool placeholder_is_token(const char *text)
{
	return str_eq(text, CLI_CLAIM_FD_TOKEN) || str_starts(text, CLI_CLAIM_FD_TOKEN ":");
}

static bool placeholder_is_vmm(const char *text)
{
	return str_eq(text, "qemu") || str_eq(text, "cloud-hypervisor") || str_eq(text, "crosvm");
}

static int placeholder_split_fd(struct placeholder *p)
{
	const char *kind = p->text + (placeholder_is_token(p->text) ? 0 : strlen("fd:")),
		   *colon = strchrnul(kind, ':');

	p->kind = strndup(kind, (size_t)(colon - kind));
	if (!p->kind)
		return -ENOMEM;
	if (!*colon)
		return 0;
	p->name = strdup(colon + 1);
	return p->name ? 0 : -ENOMEM;
}

/*
 * Finds the next placeholder from @at on. Returns 1 with its start and end, 0 if there is none, or
 * -ENOMEM.
 */
static int placeholder_next(const char *at, struct placeholder *p, const char **ret_start,
			    const char **ret_end)
{
	int r;

	placeholder_clear(p);
	for (; (at = strchr(at, '{')); at++) {
		const char *close = strchr(at, '}');

		if (!close)
			return 0;
		free(p->text);
		p->text = strndup(at + 1, (size_t)(close - at - 1));
		if (!p->text)
			return -ENOMEM;
		if (!placeholder_is_vmm(p->text)) {
			if (!str_starts(p->text, "fd:") && !placeholder_is_token(p->text))
				continue;
			r = placeholder_split_fd(p);
			if (r < 0)
				return r;
		}
		*ret_start = at;
		*ret_end = close + 1;
		return 1;
	}
	return 0;
}

static int placeholder_add_needs(const struct placeholder *p, unsigned *needs, char **ret_error)
{
	if (!p->kind) {
		*needs |= SUBST_VMM | (str_eq(p->text, "crosvm") ? SUBST_PATH : 0);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(subst_fd_kinds); i++)
		if (str_eq(subst_fd_kinds[i].kind, p->kind)) {
			*needs |= subst_fd_kinds[i].needs;
			return 0;
		}
	return subst_fail(
		ret_error,
		str_printf("{%s}: unknown kind of descriptor. The kinds are lease, vfio-container, "
			   "vfio-group, iommufd, vfio-device and vf-token.",
			   p->text));
}

int cli_subst_needs(char *const *argv, unsigned *ret, char **ret_error)
{
	_cleanup_(placeholder_clear) struct placeholder p = { 0 };
	unsigned needs = 0;
	int r;

	STRV_FOREACH(arg, argv) {
		const char *at = *arg, *start;

		while ((r = placeholder_next(at, &p, &start, &at)) > 0) {
			r = placeholder_add_needs(&p, &needs, ret_error);
			if (r < 0)
				return r;
		}
		if (r < 0)
			return r;
	}
	if ((needs & SUBST_GROUP) && (needs & SUBST_IOMMUFD))
		return subst_fail(ret_error,
				  strdup("COMMAND needs descriptors of both interfaces, group and "
					 "iommufd. A claim has only one interface."));
	*ret = needs;
	return 0;
}

/* --- fill in --- */

/* Tells whether @name means @fd. All forms of a device's address are accepted. */
static bool subst_fd_has_name(const struct claim_fd *fd, const char *name)
{
	_cleanup_free_ char *key = NULL;

	if (!name || str_eq(fd->name, name) || str_eq(fd->group, name))
		return true;
	return str_eq(fd->kind, "vfio-device") && device_bus_key_normalize(name, &key) >= 0 &&
	       str_eq(fd->name, key);
}

/* Finds the descriptor that @p names. 0 with its index, or negative errno. */
static int subst_find_fd(const struct subst *subst, const struct placeholder *p, size_t *ret)
{
	const struct claim_fd *chosen = NULL;

	for (size_t i = 0; i < subst->fds->n; i++) {
		const struct claim_fd *fd = subst->fds->items[i];

		if (!str_eq(fd->kind, p->kind) || !subst_fd_has_name(fd, p->name))
			continue;
		if (chosen) {
			/* Claims of several functions of one device bring the same token. */
			if (placeholder_is_token(p->text) && str_eq(chosen->text, fd->text))
				continue;
			return subst_fail(
				subst->error,
				str_printf("{%s}: there are several. Name one with {%s%s:NAME}.",
					   p->text,
					   placeholder_is_token(p->text) ? "" : "fd:", p->kind));
		}
		chosen = fd;
		*ret = i;
	}
	if (!chosen)
		return subst_fail(subst->error,
				  str_printf("{%s}: the claim brought no such descriptor.",
					     p->text));
	return 0;
}

static int subst_fd_text(const struct subst *subst, const struct placeholder *p, char **ret)
{
	const struct claim_fd *fd;
	size_t i;
	int r;

	r = subst_find_fd(subst, p, &i);
	if (r < 0)
		return r;
	fd = subst->fds->items[i];
	if (placeholder_is_token(p->text))
		*ret = strdup(str_or(fd->text, ""));
	else
		*ret = str_printf("%d", subst->first + (int)i);
	return *ret ? 0 : -ENOMEM;
}

static int subst_add_argument(char ***words, char *value)
{
	_cleanup_free_ char *owned = value;

	if (!owned)
		return -ENOMEM;
	return strv_add(words, owned);
}

/* Returns the descriptor of @group's iommufd in the command; negative if the claim brought none. */
static int subst_find_iommufd(const struct subst *subst, const char *group)
{
	for (size_t i = 0; i < subst->fds->n; i++) {
		const struct claim_fd *fd = subst->fds->items[i];

		if (str_eq(fd->kind, "iommufd") && str_eq(fd->group, group))
			return subst->first + (int)i;
	}
	return -1;
}

static int subst_add_device(const struct claim_fd *from, int fd, int iommufd, struct vec *devices)
{
	_cleanup_free_ struct vmm_args_device *device = calloc(1, sizeof(*device));
	int r;

	if (!device)
		return -ENOMEM;
	device->group = from->group;
	device->key = from->name;
	device->fd = fd;
	device->iommufd = iommufd;
	device->vf_token = from->text;
	r = vec_add(devices, device);
	if (r < 0)
		return r;
	TAKE_PTR(device);
	return 0;
}

static int subst_collect_devices(const struct subst *subst, struct vec *devices)
{
	int r;

	for (size_t i = 0; i < subst->fds->n; i++) {
		const struct claim_fd *fd = subst->fds->items[i];

		if (!str_eq(fd->kind, "vfio-device"))
			continue;
		r = subst_add_device(fd, subst->first + (int)i,
				     subst_find_iommufd(subst, fd->group), devices);
		if (r < 0)
			return r;
	}
	if (!subst->paths)
		return 0;
	VEC_FOREACH(const struct claim_fd, path, subst->paths) {
		r = subst_add_device(path, -1, -1, devices);
		if (r < 0)
			return r;
	}
	return 0;
}

static DEFINE_VEC_CLEAR(subst_clear_devices, struct vmm_args_device, free)

static void subst_args_clear(struct vmm_args *args)
{
	subst_clear_devices(&args->devices);
}

/* Moves secret options of QEMU into the file for them, if the command has one. */
static int subst_hide_secrets(const struct subst *subst, const struct vmm_args *args,
			      struct vmm_args_result *result)
{
	if (args->vmm != VMM_QEMU)
		return 0;
	for (size_t i = 0; i < subst->fds->n; i++) {
		struct claim_fd *fd = subst->fds->items[i];
		_cleanup_free_ char *path = NULL;

		if (!str_eq(fd->kind, CLI_CLAIM_FD_CONFIG))
			continue;
		path = str_printf("/dev/fd/%d", subst->first + (int)i);
		if (!path)
			return -ENOMEM;
		free(TAKE_PTR(fd->text));
		return cli_qemu_config_hide(&result->words, path, &fd->text);
	}
	return 0;
}

static int subst_vmm_words(const struct subst *subst, const struct placeholder *p, char ***ret)
{
	_cleanup_(subst_args_clear) struct vmm_args args = { 0 };
	_cleanup_vmm_args_result_ struct vmm_args_result result = { 0 };
	_cleanup_free_ char *error = NULL;
	int r;

	r = vmm_args_parse(p->text, &args.vmm, &args.version);
	if (r < 0)
		return r;
	r = subst_collect_devices(subst, &args.devices);
	if (r < 0)
		return r;
	if (args.devices.n == 0)
		return subst_fail(
			subst->error,
			str_printf("{%s}: the claim brought no iommufd, and a VMM cannot take "
				   "the descriptor of a group.",
				   p->text));
	r = vmm_args_build(&args, &result, &error);
	if (r == -EOPNOTSUPP)
		return subst_fail(subst->error, str_printf("{%s}: %s", p->text, error));
	if (r < 0)
		return r;
	r = subst_hide_secrets(subst, &args, &result);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(result.words);
	return 0;
}

static int subst_text(const struct subst *subst, const struct placeholder *p, char **ret)
{
	_cleanup_strv_ char **words = NULL;
	int r;

	if (p->kind)
		return subst_fd_text(subst, p, ret);
	r = subst_vmm_words(subst, p, &words);
	if (r < 0)
		return r;
	*ret = strv_join(words, " ");
	return *ret ? 0 : -ENOMEM;
}

/* Appends @arg with all its placeholders filled in. Text may surround them. */
static int subst_argument(const struct subst *subst, const char *arg, char ***argv)
{
	_cleanup_(placeholder_clear) struct placeholder p = { 0 };
	_cleanup_free_ char *done = strdup("");
	const char *at = arg, *start, *end;
	int r;

	if (!done)
		return -ENOMEM;
	while ((r = placeholder_next(at, &p, &start, &end)) > 0) {
		_cleanup_free_ char *value = NULL, *before = TAKE_PTR(done);

		r = subst_text(subst, &p, &value);
		if (r < 0)
			return r;
		done = str_printf("%s%.*s%s", before, (int)(start - at), at, value);
		if (!done)
			return -ENOMEM;
		at = end;
	}
	if (r < 0)
		return r;
	return subst_add_argument(argv, str_printf("%s%s", done, at));
}

static int subst_words(const struct subst *subst, const struct placeholder *p, char ***argv)
{
	_cleanup_strv_ char **words = NULL;
	int r = subst_vmm_words(subst, p, &words);

	if (r < 0)
		return r;
	STRV_FOREACH(word, words)
		if (strv_add(argv, *word) < 0)
			return -ENOMEM;
	return 0;
}

int cli_subst_apply(char *const *argv, const struct vec *fds, const struct vec *paths, int first,
		    char ***ret, char **ret_error)
{
	_cleanup_(placeholder_clear) struct placeholder p = { 0 };
	const struct subst subst = {
		.fds = fds, .paths = paths, .first = first, .error = ret_error
	};
	_cleanup_strv_ char **filled = NULL;
	const char *start, *end;
	int r;

	STRV_FOREACH(arg, argv) {
		r = placeholder_next(*arg, &p, &start, &end);
		if (r < 0)
			return r;
		if (r > 0 && !p.kind && start == *arg && !*end)
			r = subst_words(&subst, &p, &filled);
		else
			r = subst_argument(&subst, *arg, &filled);
		if (r < 0)
			return r;
	}
	*ret = TAKE_PTR(filled);
	return 0;
}
