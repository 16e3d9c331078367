/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "cli/run/cli-qemu-config.h"

static bool qemu_config_is_secret(char *const *word)
{
	return str_eq(word[0], "-device") && word[1] && strstr(word[1], ",vf-token=");
}

/* Appends @more to *text and frees @more. 0 or -ENOMEM. */
static int qemu_config_append(char **text, char *more)
{
	_cleanup_free_ char *before = *text;

	*text = more ? str_printf("%s%s", str_or(before, ""), more) : NULL;
	free(more);
	return *text ? 0 : -ENOMEM;
}

/* Returns the line of a property, "host=0000:02:10.0". One without a value is "on". */
static char *qemu_config_property(const char *property)
{
	const char *value = strchr(property, '=');

	if (!value)
		return str_printf("  %s = \"on\"\n", property);
	return str_printf("  %.*s = \"%s\"\n", (int)(value - property), property, value + 1);
}

/*
 * Appends a section for "vfio-pci,host=0000:02:10.0,addr=0x10.0": a driver and its properties,
 * which have no comma in them.
 */
static int qemu_config_add_section(char **text, const char *options)
{
	_cleanup_strv_ char **properties = NULL;
	int r;

	r = strv_split(options, ",", &properties);
	if (r < 0)
		return r;
	r = qemu_config_append(text, str_printf("[device]\n  driver = \"%s\"\n",
						str_or(properties ? properties[0] : NULL, "")));
	if (r < 0 || !properties)
		return r;
	STRV_FOREACH(property, properties + 1) {
		r = qemu_config_append(text, qemu_config_property(*property));
		if (r < 0)
			return r;
	}
	return 0;
}

/* Divides @words into the secret options, as the text of a file, and the rest. 0 or -ENOMEM. */
static int qemu_config_divide(char **words, char ***rest, char **text)
{
	int r;

	for (char **word = words; word && *word; word++) {
		if (qemu_config_is_secret(word))
			r = qemu_config_add_section(text, *++word);
		else
			r = strv_add(rest, *word);
		if (r < 0)
			return r;
	}
	return 0;
}

int cli_qemu_config_hide(char ***words, const char *path, char **ret_text)
{
	_cleanup_strv_ char **rest = NULL;
	_cleanup_free_ char *text = NULL;
	int r;

	r = qemu_config_divide(*words, &rest, &text);
	if (r < 0)
		return r;
	if (text) {
		r = strv_add(&rest, "-readconfig");
		if (r < 0)
			return r;
		r = strv_add(&rest, path);
		if (r < 0)
			return r;
		strv_free(*words);
		*words = TAKE_PTR(rest);
	}
	*ret_text = TAKE_PTR(text);
	return 0;
}
