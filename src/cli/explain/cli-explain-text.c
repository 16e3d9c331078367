/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "base/str.h"
#include "base/strv.h"
#include "cli/explain/cli-explain-text.h"
#include "cli/print/cli-term.h"
#include "model/device.h"

#define DEVICES_SHOWN 8 /* how many devices a sentence names */

void cli_explain_text_line(const char *before, const char *text)
{
	_cleanup_free_ char *clean = cli_term_clean(text);

	printf("%s%s\n", before, str_or(clean, ""));
}

void cli_explain_text_heading(const char *text)
{
	printf("\n%s%s%s\n", cli_term_begin(TINT_BOLD), text, cli_term_end(TINT_BOLD));
}

json_object *cli_explain_text_keys(const struct vec *devices)
{
	_cleanup_json_ json_object *list = json_object_new_array();

	VEC_FOREACH(const struct device, device, devices)
		if (cli_json_append(list, json_object_new_string(device->key)) < 0)
			return NULL;
	return TAKE_PTR(list);
}

char *cli_explain_text_join(json_object *list)
{
	size_t n = cli_json_list_length(list);
	_cleanup_free_ char *text = NULL;
	_cleanup_strv_ char **words = NULL;

	for (size_t i = 0; i < n && i < DEVICES_SHOWN; i++)
		if (strv_add(&words, cli_json_list_str(list, i)) < 0)
			return NULL;
	text = strv_join(words, ", ");
	if (!text || n <= DEVICES_SHOWN)
		return TAKE_PTR(text);
	return str_printf("%s and %zu others", text, n - DEVICES_SHOWN);
}
