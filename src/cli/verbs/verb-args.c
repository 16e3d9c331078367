/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* devgroupctl args: prints the options with which a VMM takes the devices of groups. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "cli/bus/cli-name.h"
#include "cli/cli.h"
#include "cli/host/cli-group-devices.h"
#include "policy/devinfo/quirks.h"
#include "policy/devinfo/vmm-args.h"
#include "policy/plan/vfio-choice.h"

/* The input of vmm_args_build() and what it refers to. */
struct args_input {
	struct vmm_args args;
	struct vec hints; /* struct vec of struct quirk_hint, one for each device */
};

static struct vec *verb_args_free_hints(struct vec *hints)
{
	quirks_hints_clear(hints);
	free(hints);
	return NULL;
}

static DEFINE_VEC_CLEAR(args_input_clear_devices, struct vmm_args_device, free)
static DEFINE_VEC_CLEAR(args_input_clear_hints, struct vec, verb_args_free_hints)

static void args_input_clear(struct args_input *args_input)
{
	args_input_clear_devices(&args_input->args.devices);
	args_input_clear_hints(&args_input->hints);
}

/*
 * Returns the API of a mediated device ("vfio-pci"). NULL: it is not one, or its parent is unknown.
 */
static const char *verb_args_mdev_api(const struct cli_host *host, const struct device *device)
{
	const struct device *parent =
		device->mdev_parent ? inventory_find(host->inv, device->mdev_parent) : NULL;
	const struct mdev_type *type =
		parent ? mdev_types_find(&parent->mdev_types, device->mdev_type) : NULL;

	return type ? type->api : NULL;
}

/* Appends an empty list of hints for one device. 0 or -ENOMEM. */
static int args_input_add_hints(struct args_input *args_input, struct vec **ret)
{
	_cleanup_free_ struct vec *hints = calloc(1, sizeof(*hints));
	int r;

	if (!hints)
		return -ENOMEM;
	r = vec_add(&args_input->hints, hints);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(hints);
	return 0;
}

static int verb_args_add_device(struct args_input *args_input, const struct cli_host *host,
				const char *group, const struct device *device)
{
	_cleanup_free_ struct vmm_args_device *one = calloc(1, sizeof(*one));
	struct vec *hints;
	int r;

	if (!one)
		return -ENOMEM;
	r = args_input_add_hints(args_input, &hints);
	if (r < 0)
		return r;
	one->group = group;
	one->key = device->key;
	one->api = verb_args_mdev_api(host, device);
	one->hints = hints;
	one->fd = one->iommufd = -1;
	r = vec_add(&args_input->args.devices, one);
	if (r < 0)
		return r;
	TAKE_PTR(one);
	return quirks_hints(&host->quirks->quirks, host->inv, device, hints);
}

static int verb_args_add_group(struct cli *cli, struct args_input *args_input,
			       const struct cli_host *host, const char *name)
{
	_cleanup_vec_ struct vec devices = { 0 };
	const char *group;
	int r = cli_group_devices(cli, host, name, &group, &devices);

	if (r)
		return r;
	VEC_FOREACH(const struct device, device, &devices)
		if (verb_args_add_device(args_input, host, group, device) < 0)
			return cli_fail(-ENOMEM, "cannot make the arguments");
	return 0;
}

/* --- output --- */

/* Prints @word quoted for a shell, if it needs quotes. */
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

/* Prints an option and its value on each line, as in a shell script; XML without changes. */
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

static json_object *verb_args_list_strings(char *const *strings)
{
	_cleanup_json_ json_object *list = json_object_new_array();

	STRV_FOREACH(string, strings)
		if (cli_json_append(list, json_object_new_string(*string)) < 0)
			return NULL;
	return TAKE_PTR(list);
}

static int verb_args_print_json(const struct cli *cli, const struct vmm_args *args,
				const struct vmm_args_result *result)
{
	const char *vmm = vmm_args_vmm_name(args->vmm);
	_cleanup_json_ json_object *object =
		CLI_JSON_NEW({ "vmm", json_object_new_string(vmm) },
			     { "arguments", verb_args_list_strings(result->words) },
			     { "notes", verb_args_list_strings(result->notes) });

	if (!object)
		return cli_fail(-ENOMEM, "cannot show the arguments");
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
		fprintf(stderr, "devgroupctl: args needs a VMM: --vmm=qemu, cloud-hypervisor, "
				"crosvm or libvirt.\n");
		return EXIT_USAGE;
	}
	if (vmm_args_parse(o->vmm, &args->vmm, &args->version) >= 0)
		return 0;
	fprintf(stderr,
		"devgroupctl: --vmm=%s is invalid: expected qemu, cloud-hypervisor, crosvm or "
		"libvirt, with an optional version as in qemu:7.2.\n",
		o->vmm);
	return EXIT_USAGE;
}

int verb_args(struct cli *cli)
{
	const struct cli_options *o = &cli->options;
	_cleanup_host_ struct cli_host host = { 0 };
	_cleanup_(args_input_clear) struct args_input args_input = { 0 };
	const char *why;
	int r = verb_args_read_vmm(o, &args_input.args);

	if (r)
		return r;
	r = cli_host_open(cli, &host);
	if (r)
		return r;
	r = cli_name_resolve(cli, 0);
	if (r)
		return r;
	for (size_t i = 0; i < cli->n_words; i++) {
		r = verb_args_add_group(cli, &args_input, &host, cli->words[i]);
		if (r)
			return r;
	}
	/* The older interface works for every VMM and is the default. */
	args_input.args.iommufd = str_eq(o->interface, "iommufd");
	why = args_input.args.iommufd ? vfio_choice_why_no_iommufd(host.inv) : NULL;
	if (why) {
		fprintf(stderr, "devgroupctl: --interface=iommufd: %s\n", why);
		return EXIT_FAILED;
	}
	return verb_args_show(cli, &args_input.args);
}
