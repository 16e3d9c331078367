/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Inside the configuration language only. A key's parser gets the value and the struct
 * that it fills. It returns 0 also when it had to complain: the parse goes on, to find what else is
 * wrong, and the errors are counted. Negative is out of memory.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macro.h"
#include "model/config/def-set.h"
#include "model/json/jsontext.h"

struct config_parser {
	struct def_set *config; /* gets the problems at once, the definitions if all is well */
	const char *file;
	const struct jsontext *doc;
	unsigned errors, problems;
	const char *
		bus; /* that the selector at hand names, so that its address need not; NULL: none */
	struct def_set *staged; /* the definitions of this file; its groups as they come */
};

typedef int (*config_parse_fn)(struct config_parser *p, const struct jsontext_node *value,
			       void *target);

struct config_key {
	const char *name;
	config_parse_fn parse;
};

/* --- complaints: 0 or -ENOMEM --- */
int parse_value_error(struct config_parser *p, size_t offset, const char *format, ...)
	_printf_(3, 4) _must_check_;
int parse_value_warning(struct config_parser *p, size_t offset, const char *format, ...)
	_printf_(3, 4) _must_check_;
/* "expected @what, found …" at the value, with its key before it. */
int parse_value_expected(struct config_parser *p, const struct jsontext_node *value,
			 const char *what) _must_check_;
/* " (did you mean "x"?)" if one of @words is nearly @word, else "". NULL: out of memory. */
char *parse_value_suggest(const char *word, const char *const *words) _must_check_;

/* --- values: 1 is a value in *ret, 0 a complaint, -ENOMEM --- */
int parse_value_is(struct config_parser *p, const struct jsontext_node *value,
		   enum jsontext_type type) _must_check_;
/* Of @min to @max bytes, without control characters. *ret belongs to the document. */
int parse_value_text(struct config_parser *p, const struct jsontext_node *value, size_t min,
		     size_t max, const char **ret) _must_check_;
/* One of @words (NULL-terminated). */
int parse_value_word(struct config_parser *p, const struct jsontext_node *value,
		     const char *const *words, const char **ret) _must_check_;
int parse_value_number(struct config_parser *p, const struct jsontext_node *value, uint64_t max,
		       uint64_t *ret) _must_check_;
/* A device's key in the one form that is used everywhere. The caller frees it. */
int parse_value_key(struct config_parser *p, const struct jsontext_node *value,
		    char **ret) _must_check_;
/* The same for text that stands at @offset, which may be a key of the JSON. */
int parse_value_key_at(struct config_parser *p, size_t offset, const char *text,
		       char **ret) _must_check_;

/* A list of reset methods, appended to *ret. 0 or -ENOMEM. */
int parse_group_method_list(struct config_parser *p, const struct jsontext_node *value,
			    char ***ret) _must_check_;

/* --- objects: 0 or -ENOMEM --- */
/* Every member with the parser of its key; unknown keys are warnings, repeated ones errors. */
int parse_value_members(struct config_parser *p, const struct jsontext_node *object,
			const struct config_key *keys, size_t n, void *target) _must_check_;
/* What a group's "devices" may be; appends to @def. */
int parse_selector(struct config_parser *p, const struct jsontext_node *value,
		   struct group_def *def) _must_check_;
/* Of "groups" and "virtual-functions"; the definitions go to @p->staged. */
int parse_group(struct config_parser *p, const struct jsontext_node *member) _must_check_;
int parse_group_vfs(struct config_parser *p, const struct jsontext_node *member) _must_check_;
/* The values of "mediated-devices" and "quirks". */
int parse_mdevs(struct config_parser *p, const struct jsontext_node *value,
		void *target) _must_check_;
int parse_quirks(struct config_parser *p, const struct jsontext_node *value,
		 void *target) _must_check_;
