/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/cli-bus.h"
#include "cli/cli-group-devices.h"
#include "policy/devinfo/quirks.h"
#include "policy/devinfo/vmm-args.h"
#include "policy/plan/interface.h"

static void *hints_free(void *data)
{
	quirk_hints_clear(data);
	free(data);
	return NULL;
}

static void *plain_free(void *data)
{
	free(data);
	return NULL;
}

/* All that the arguments are made of, in the caller's hands. */
struct wanted {
	struct vmmargs args;
	struct vec hints; /* struct vec of struct quirk_hint, one for each device */
};

static void wanted_clear(struct wanted *wanted)
{
	vec_clear(&wanted->args.devices, plain_free);
	vec_clear(&wanted->hints, hints_free);
}

/* What the user of a mediated device sees. NULL: it is none, or its parent is not known. */
static const char *api_of(const struct host *host, const struct device *device)
{
	const struct device *parent = device->mdev_parent ? inventory_find(host->inv, device->mdev_parent) : NULL;
	const struct mdev_type *type = parent ? mdev_types_find(&parent->mdev_types, device->mdev_type) : NULL;

	return type ? type->api : NULL;
}

static int add_device(struct wanted *wanted, const struct host *host, const char *group,
		      const struct device *device)
{
	struct vmmargs_device *one = calloc(1, sizeof(*one));
	struct vec *hints = calloc(1, sizeof(*hints));

	if (!one || vec_add(&wanted->args.devices, one) < 0) {
		free(one);
		free(hints);
		return -ENOMEM;
	}
	if (!hints || vec_add(&wanted->hints, hints) < 0) {
		free(hints);
		return -ENOMEM;
	}
	one->group = group;
	one->key = device->key;
	one->api = api_of(host, device);
	one->hints = hints;
	one->fd = one->iommufd = -1;
	return quirks_hints(&host->quirks->quirks, host->inv, device, hints);
}

static int add_group(struct cli *cli, struct wanted *wanted, const struct host *host, const char *name)
{
	_cleanup_(vec_drop) struct vec devices = { 0 };
	int r = group_devices(cli, host, name, &devices);

	VEC_FOREACH (const struct device, device, &devices)
		if (!r && add_device(wanted, host, name, device) < 0)
			r = cli_fail(-ENOMEM, "cannot make the arguments");
	return r;
}

/* --- what is shown --------------------------------------------------------------------------- */

/* So that a shell reads it as one word. */
static void print_word(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=.,:/@%+";

	if (*word && strspn(word, plain) == strlen(word)) {
		fputs(word, stdout);
		return;
	}
	putchar('\'');
	for (; *word; word++)
		if (*word == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*word);
	putchar('\'');
}

/* An option and its value on one line each, as a shell script would have them; XML as it is. */
static void print_text(const struct vmmargs *args, const struct vmmargs_result *result)
{
	STRV_FOREACH(word, result->words) {
		bool option = str_starts(*word, "--") || str_eq(*word, "-device") || str_eq(*word, "-object");

		if (args->vmm == VMM_LIBVIRT) {
			printf("%s\n", *word);
			continue;
		}
		if (option && word != result->words)
			printf(" \\\n");
		else if (word != result->words)
			putchar(' ');
		print_word(*word);
	}
	if (args->vmm != VMM_LIBVIRT)
		putchar('\n');
	fflush(stdout);
}

static int print_json(const struct cli *cli, const struct vmmargs *args, const struct vmmargs_result *result)
{
	_cleanup_json_ json_object *object = json_object_new_object();
	json_object *words = json_object_new_array(), *notes = json_object_new_array();
	int r = object && js_set_str(object, "vmm", vmm_to_string(args->vmm)) >= 0 ? 0 : -ENOMEM;

	if (r >= 0)
		r = js_set(object, "arguments", words);
	if (r >= 0)
		r = js_set(object, "notes", notes);
	STRV_FOREACH(word, result->words)
		if (r >= 0)
			r = js_append(words, json_object_new_string(*word));
	STRV_FOREACH(note, result->notes)
		if (r >= 0)
			r = js_append(notes, json_object_new_string(*note));
	if (r < 0)
		return cli_fail(r, "cannot show the arguments");
	js_print(object, cli->options.json);
	return 0;
}

static int show(const struct cli *cli, const struct vmmargs *args)
{
	_cleanup_vmmargs_result_ struct vmmargs_result result = { 0 };
	_cleanup_free_ char *error = NULL;
	int r = vmmargs_make(args, &result, &error);

	if (r == -EOPNOTSUPP) {
		fprintf(stderr, "devgroupctl: %s\n", error);
		return EXIT_FAILED;
	}
	if (r < 0)
		return cli_fail(r, "cannot make the arguments");
	if (cli->options.json != JSON_OFF)
		return print_json(cli, args, &result);
	print_text(args, &result);
	STRV_FOREACH(note, result.notes)
		if (!cli->options.quiet)
			fprintf(stderr, "Note: %s\n", *note);
	return 0;
}

static int read_vmm(const struct options *o, struct vmmargs *args)
{
	if (!o->vmm) {
		fprintf(stderr, "devgroupctl: for which VMM? --vmm=qemu, cloud-hypervisor, crosvm or "
				"libvirt.\n");
		return EXIT_USAGE;
	}
	if (vmmargs_parse(o->vmm, &args->vmm, &args->version) >= 0)
		return 0;
	fprintf(stderr, "devgroupctl: --vmm=%s: it is qemu, cloud-hypervisor, crosvm or libvirt, and may "
			"have its version after a colon, as in qemu:7.2.\n", o->vmm);
	return EXIT_USAGE;
}

int verb_args(struct cli *cli)
{
	const struct options *o = &cli->options;
	_cleanup_host_ struct host host = { 0 };
	_cleanup_(wanted_clear) struct wanted wanted = { 0 };
	int r = read_vmm(o, &wanted.args);

	if (!r)
		r = host_open(cli, &host);
	for (size_t i = 0; !r && i < cli->n_words; i++)
		r = add_group(cli, &wanted, &host, cli->words[i]);
	if (r)
		return r;
	/* the older one works for every VMM; who wants the other says so */
	wanted.args.iommufd = str_eq(o->interface, "iommufd");
	if (wanted.args.iommufd && interface_why_no_iommufd(host.inv)) {
		fprintf(stderr, "devgroupctl: --interface=iommufd: %s\n", interface_why_no_iommufd(host.inv));
		return EXIT_FAILED;
	}
	return show(cli, &wanted.args);
}
