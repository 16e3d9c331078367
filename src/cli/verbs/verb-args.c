/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/bus/cli-bus.h"
#include "cli/host/cli-group-devices.h"
#include "policy/devinfo/quirks.h"
#include "policy/devinfo/vmm-args.h"
#include "policy/plan/vfio-choice.h"

static void *verb_args_hints_free(void *data)
{
	quirks_hints_clear(data);
	free(data);
	return NULL;
}

static void *verb_args_device_free(void *data)
{
	free(data);
	return NULL;
}

/* All that the arguments are made of, in the caller's hands. */
struct args_input {
	struct vmm_args args;
	struct vec hints; /* struct vec of struct quirk_hint, one for each device */
};

static void args_input_clear(struct args_input *args_input)
{
	vec_clear(&args_input->args.devices, verb_args_device_free);
	vec_clear(&args_input->hints, verb_args_hints_free);
}

/* What the user of a mediated device sees. NULL: it is none, or its parent is not known. */
static const char *verb_args_mdev_api(const struct cli_host *host, const struct device *device)
{
	const struct device *parent =
		device->mdev_parent ? inventory_find(host->inv, device->mdev_parent) : NULL;
	const struct mdev_type *type =
		parent ? mdev_types_find(&parent->mdev_types, device->mdev_type) : NULL;

	return type ? type->api : NULL;
}

static int verb_args_add_device(struct args_input *args_input, const struct cli_host *host,
				const char *group, const struct device *device)
{
	struct vmm_args_device *one = calloc(1, sizeof(*one));
	struct vec *hints = calloc(1, sizeof(*hints));

	if (!one || vec_add(&args_input->args.devices, one) < 0) {
		free(one);
		free(hints);
		return -ENOMEM;
	}
	if (!hints || vec_add(&args_input->hints, hints) < 0) {
		free(hints);
		return -ENOMEM;
	}
	one->group = group;
	one->key = device->key;
	one->api = verb_args_mdev_api(host, device);
	one->hints = hints;
	one->fd = one->iommufd = -1;
	return quirks_hints(&host->quirks->quirks, host->inv, device, hints);
}

static int verb_args_add_group(struct cli *cli, struct args_input *args_input,
			       const struct cli_host *host, const char *name)
{
	_cleanup_(vec_drop) struct vec devices = { 0 };
	int r = cli_group_devices(cli, host, name, &devices);

	VEC_FOREACH(const struct device, device, &devices)
		if (!r && verb_args_add_device(args_input, host, name, device) < 0)
			r = cli_fail(-ENOMEM, "cannot make the arguments");
	return r;
}

/* --- what is shown --- */

/* So that a shell reads it as one word. */
static void verb_args_print_word(const char *word)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=.,:/@%+";

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
static void verb_args_print_text(const struct vmm_args *args, const struct vmm_args_result *result)
{
	STRV_FOREACH(word, result->words) {
		bool option = str_starts(*word, "--") || str_eq(*word, "-device") ||
			      str_eq(*word, "-object");

		if (args->vmm == VMM_LIBVIRT) {
			printf("%s\n", *word);
			continue;
		}
		if (option && word != result->words)
			printf(" \\\n");
		else if (word != result->words)
			putchar(' ');
		verb_args_print_word(*word);
	}
	if (args->vmm != VMM_LIBVIRT)
		putchar('\n');
	fflush(stdout);
}

static int verb_args_print_json(const struct cli *cli, const struct vmm_args *args,
				const struct vmm_args_result *result)
{
	_cleanup_json_ json_object *object = json_object_new_object();
	json_object *words = json_object_new_array(), *notes = json_object_new_array();
	int r = object && cli_json_set_str(object, "vmm", vmm_args_vmm_name(args->vmm)) >= 0 ?
			0 :
			-ENOMEM;

	if (r >= 0)
		r = cli_json_set(object, "arguments", words);
	if (r >= 0)
		r = cli_json_set(object, "notes", notes);
	STRV_FOREACH(word, result->words)
		if (r >= 0)
			r = cli_json_append(words, json_object_new_string(*word));
	STRV_FOREACH(note, result->notes)
		if (r >= 0)
			r = cli_json_append(notes, json_object_new_string(*note));
	if (r < 0)
		return cli_fail(r, "cannot show the arguments");
	cli_json_print(object, cli->options.json);
	return 0;
}

static int verb_args_show(const struct cli *cli, const struct vmm_args *args)
{
	_cleanup_vmm_args_result_ struct vmm_args_result result = { 0 };
	_cleanup_free_ char *error = NULL;
	int r = vmm_args_build(args, &result, &error);

	if (r == -EOPNOTSUPP) {
		fprintf(stderr, "devgroupctl: %s\n", error);
		return EXIT_FAILED;
	}
	if (r < 0)
		return cli_fail(r, "cannot make the arguments");
	if (cli->options.json != CLI_JSON_OFF)
		return verb_args_print_json(cli, args, &result);
	verb_args_print_text(args, &result);
	STRV_FOREACH(note, result.notes)
		if (!cli->options.quiet)
			fprintf(stderr, "Note: %s\n", *note);
	return 0;
}

static int verb_args_read_vmm(const struct cli_options *o, struct vmm_args *args)
{
	if (!o->vmm) {
		fprintf(stderr,
			"devgroupctl: for which VMM? --vmm=qemu, cloud-hypervisor, crosvm or "
			"libvirt.\n");
		return EXIT_USAGE;
	}
	if (vmm_args_parse(o->vmm, &args->vmm, &args->version) >= 0)
		return 0;
	fprintf(stderr,
		"devgroupctl: --vmm=%s: it is qemu, cloud-hypervisor, crosvm or libvirt, and may "
		"have its version after a colon, as in qemu:7.2.\n",
		o->vmm);
	return EXIT_USAGE;
}

int verb_args(struct cli *cli)
{
	const struct cli_options *o = &cli->options;
	_cleanup_host_ struct cli_host host = { 0 };
	_cleanup_(args_input_clear) struct args_input args_input = { 0 };
	int r = verb_args_read_vmm(o, &args_input.args);

	if (!r)
		r = cli_host_open(cli, &host);
	for (size_t i = 0; !r && i < cli->n_words; i++)
		r = verb_args_add_group(cli, &args_input, &host, cli->words[i]);
	if (r)
		return r;
	/* the older one works for every VMM; who wants the other says so */
	args_input.args.iommufd = str_eq(o->interface, "iommufd");
	if (args_input.args.iommufd && vfio_choice_why_no_iommufd(host.inv)) {
		fprintf(stderr, "devgroupctl: --interface=iommufd: %s\n",
			vfio_choice_why_no_iommufd(host.inv));
		return EXIT_FAILED;
	}
	return verb_args_show(cli, &args_input.args);
}
