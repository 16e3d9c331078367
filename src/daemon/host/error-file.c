/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reads and writes the file of lost devices. An error of the file is logged and never fatal. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/log.h"
#include "base/str.h"
#include "base/strv.h"
#include "daemon/host/error-file.h"

#define FILE_NAME ".errors"
#define FILE_MAX (1u << 20)

/* Formats a line for each device that has lost its state: "0000:0b:00.0 failed". */
static int error_file_format(const struct inventory *inv, char **ret)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return -ENOMEM;
	VEC_FOREACH(const struct device, device, &inv->devices)
		if (error_state_is_lost(device->errors.state))
			fprintf(out, "%s %s\n", device->key,
				error_state_to_string(device->errors.state));
	if (fclose(out) != 0) {
		free(text);
		return -ENOMEM;
	}
	*ret = text;
	return 0;
}

static int error_file_write(int run_dir, const char *text)
{
	if (strlen(text) > FILE_MAX) /* a reader refuses more */
		return -EFBIG;
	if (*text)
		return fileio_write_atomic_at(run_dir, FILE_NAME, text, strlen(text), 0644);
	if (unlinkat(run_dir, FILE_NAME, 0) < 0 && errno != ENOENT)
		return -errno;
	return 0;
}

static int error_file_update(int run_dir, const struct inventory *inv, char **saved)
{
	_cleanup_free_ char *text = NULL;
	int r = error_file_format(inv, &text);

	if (r < 0)
		return r;
	if (str_eq(text, *saved))
		return 0;
	r = error_file_write(run_dir, text);
	if (r < 0)
		return r;
	free(*saved);
	*saved = TAKE_PTR(text);
	return 0;
}

void error_file_save(int run_dir, const struct inventory *inv, char **saved)
{
	int r = error_file_update(run_dir, inv, saved);

	if (r < 0)
		log_warning_errno(
			r,
			"Cannot save which devices had errors, a new devgroupd will not know it");
}

static void error_file_parse_line(struct inventory *inv, const char *line)
{
	_cleanup_strv_ char **words = NULL;
	enum error_state state;
	struct device *device;

	if (strv_split(line, " ", &words) < 0 || strv_length(words) != 2 ||
	    !error_state_from_string(words[1], &state))
		return;
	device = inventory_find(inv, words[0]);
	if (device && error_state_is_lost(state) && state > device->errors.state)
		device->errors.state = state;
}

static int error_file_read(int run_dir, struct inventory *inv)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_strv_ char **lines = NULL;
	size_t size;
	int r = fileio_read_at(run_dir, FILE_NAME, FILE_MAX, &text, &size);

	if (r < 0)
		return r;
	r = strv_split(text, "\n", &lines);
	if (r < 0)
		return r;
	STRV_FOREACH(line, lines)
		error_file_parse_line(inv, *line);
	return 0;
}

void error_file_load(int run_dir, struct inventory *inv)
{
	int r = error_file_read(run_dir, inv);

	if (r < 0 && r != -ENOENT)
		log_warning_errno(r, "Cannot read which devices had errors before this start");
}
