/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Writes and reads the index of the groups that bind at boot. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "model/boot-index.h"
#include "model/group-def.h"

static const char boot_index_first_line[] = "devgroups-boot-index 1";

/* --- writing --- */

static bool boot_index_skips_selector(const struct selector *selector)
{
	return selector->nth >= 0 || selector->serial;
}

static void boot_index_print_text(FILE *out, const char *key, const char *value)
{
	if (value)
		fprintf(out, " %s=%s", key, value);
}

static void boot_index_print_hex(FILE *out, const char *key, int32_t value, unsigned digits)
{
	if (value >= 0)
		fprintf(out, " %s=%0*x", key, (int)digits, (unsigned)value);
}

static void boot_index_print_selector(FILE *out, const struct selector *selector)
{
	fputs("device", out);
	boot_index_print_text(out, "address", selector->address);
	boot_index_print_text(out, "path", selector->path);
	boot_index_print_text(out, "vf-of", selector->vf_of);
	if (selector->vf_of)
		fprintf(out, " index=%d", (int)selector->index);
	boot_index_print_text(out, "bus", selector->bus);
	boot_index_print_hex(out, "vendor", selector->vendor, 4);
	boot_index_print_hex(out, "device", selector->device, 4);
	boot_index_print_hex(out, "subsystem-vendor", selector->subsystem_vendor, 4);
	boot_index_print_hex(out, "subsystem-device", selector->subsystem_device, 4);
	boot_index_print_hex(out, "class", selector->class_code, selector->class_digits);
	fputc('\n', out);
}

static bool boot_index_has_selector(const struct group_def *def)
{
	VEC_FOREACH(const struct selector, selector, &def->selectors)
		if (!boot_index_skips_selector(selector))
			return true;
	return false;
}

static void boot_index_print_group(FILE *out, const struct group_def *def)
{
	if (def->bind != BIND_BOOT || !boot_index_has_selector(def))
		return;
	fprintf(out, "group %s %s\n", def->name, def->driver);
	VEC_FOREACH(const struct selector, selector, &def->selectors)
		if (!boot_index_skips_selector(selector))
			boot_index_print_selector(out, selector);
}

int boot_index_format(const struct vec *groups, char **ret)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return -ENOMEM;
	fprintf(out, "%s\n", boot_index_first_line);
	VEC_FOREACH(const struct group_def, def, groups)
		boot_index_print_group(out, def);
	if (fclose(out) != 0)
		return -ENOMEM;
	*ret = TAKE_PTR(text);
	return 0;
}

/* --- reading --- */

static int boot_index_read_hex(const char *value, int32_t *ret)
{
	uint64_t number;
	int r = str_parse_u64(value, 16, 0xffffff, &number);

	if (r < 0)
		return -EINVAL;
	*ret = (int32_t)number;
	return 0;
}

static int boot_index_read_class(const char *value, struct selector *selector)
{
	selector->class_digits = (unsigned)strlen(value);
	if (selector->class_digits > 6)
		return -EINVAL;
	return boot_index_read_hex(value, &selector->class_code);
}

static int boot_index_read_index(const char *value, struct selector *selector)
{
	unsigned number;

	if (str_parse_uint(value, &number) < 0 || number > INT32_MAX)
		return -EINVAL;
	selector->index = (int32_t)number;
	return 0;
}

static int boot_index_read_property(const char *key, const char *value, struct selector *selector)
{
	if (str_eq(key, "address"))
		return str_set(&selector->address, value);
	if (str_eq(key, "path"))
		return str_set(&selector->path, value);
	if (str_eq(key, "vf-of"))
		return str_set(&selector->vf_of, value);
	if (str_eq(key, "index"))
		return boot_index_read_index(value, selector);
	if (str_eq(key, "bus"))
		return str_set(&selector->bus, value);
	if (str_eq(key, "vendor"))
		return boot_index_read_hex(value, &selector->vendor);
	if (str_eq(key, "device"))
		return boot_index_read_hex(value, &selector->device);
	if (str_eq(key, "subsystem-vendor"))
		return boot_index_read_hex(value, &selector->subsystem_vendor);
	if (str_eq(key, "subsystem-device"))
		return boot_index_read_hex(value, &selector->subsystem_device);
	if (str_eq(key, "class"))
		return boot_index_read_class(value, selector);
	return -EINVAL;
}

/* Reads the words behind "device". A selector without any would match every device. */
static int boot_index_read_selector(char *const *words, struct group_def *def)
{
	_cleanup_selector_ struct selector *selector = group_def_selector_new();
	int r;

	if (!selector)
		return -ENOMEM;
	if (!*words)
		return -EINVAL;
	for (; *words; words++) {
		char *value = strchr(*words, '=');

		if (!value || !value[1])
			return -EINVAL;
		*value = '\0';
		r = boot_index_read_property(*words, value + 1, selector);
		if (r < 0)
			return r;
	}
	r = vec_add(&def->selectors, selector);
	if (r < 0)
		return r;
	TAKE_PTR(selector);
	return 0;
}

static int boot_index_read_group(char *const *words, struct vec *groups)
{
	_cleanup_group_def_ struct group_def *def = NULL;
	int r;

	if (strv_length(words) != 2 || !group_def_name_valid(words[0]))
		return -EINVAL;
	if (!str_eq(words[1], "auto") && !group_def_driver_allowed(words[1]))
		return -EINVAL;
	def = group_def_new(words[0]);
	if (!def)
		return -ENOMEM;
	def->bind = BIND_BOOT;
	r = str_set(&def->driver, words[1]);
	if (r < 0)
		return r;
	r = vec_add(groups, def);
	if (r < 0)
		return r;
	TAKE_PTR(def);
	return 0;
}

static int boot_index_read_line(const char *line, struct vec *groups)
{
	_cleanup_strv_ char **words = NULL;
	int r;

	r = strv_split(line, " ", &words);
	if (r < 0 || !words)
		return r;
	if (str_eq(words[0], "group"))
		return boot_index_read_group(words + 1, groups);
	if (str_eq(words[0], "device") && groups->n > 0)
		return boot_index_read_selector(words + 1, groups->items[groups->n - 1]);
	return -EINVAL;
}

static int boot_index_read_lines(char *const *lines, struct vec *groups)
{
	int r;

	if (!lines || !str_eq(lines[0], boot_index_first_line))
		return -EINVAL;
	STRV_FOREACH(line, lines + 1) {
		r = boot_index_read_line(*line, groups);
		if (r < 0)
			return r;
	}
	return 0;
}

int boot_index_parse(const char *text, struct vec *ret_groups)
{
	_cleanup_(group_defs_clear) struct vec groups = { 0 };
	_cleanup_strv_ char **lines = NULL;
	int r;

	r = strv_split(text, "\n", &lines);
	if (r < 0)
		return r;
	r = boot_index_read_lines(lines, &groups);
	if (r < 0)
		return r;
	return vec_move(ret_groups, &groups);
}
