/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Inside the configuration language only. The parser of a key gets the value and the struct that it
 * fills. After a problem it returns 0, too: the parse continues to find all problems of the file,
 * and the errors are counted. A negative result is -ENOMEM.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macro.h"
#include "model/config/def-set.h"
#include "model/json/jsontext.h"

struct config_parser {
	struct def_set *defs; /* gets the problems at once, the definitions if there is no error */
	const char *file;
	const struct jsontext *doc;
	unsigned errors, problems;
	bool lenient;		/* the file says "strict": false, so unknown keys are warnings */
	const char *bus;	/* of the current selector, for an address without a bus; or NULL */
	struct def_set *staged; /* the definitions of this file, the groups in its order */
};

typedef int (*config_parse_fn)(struct config_parser *p, const struct jsontext_node *value,
			       void *target);

struct config_key {
	const char *name;
	config_parse_fn parse;
};

/* --- problems: 0 or -ENOMEM --- */

int parse_value_error(struct config_parser *p, size_t offset, const char *format, ...)
	_printf_(3, 4) _must_check_;
int parse_value_warning(struct config_parser *p, size_t offset, const char *format, ...)
	_printf_(3, 4) _must_check_;
/* Reports the error "expected @what, found …" at the value, with its key before it. */
int parse_value_expected(struct config_parser *p, const struct jsontext_node *value,
			 const char *what) _must_check_;
/* Reports that @name was declared before, at @line and @column. */
int parse_value_declared(struct config_parser *p, size_t offset, const char *name, unsigned line,
			 unsigned column) _must_check_;
/*
 * Returns " (did you mean "x"?)" if one of @words resembles @word, else "". NULL when out of
 * memory. The caller frees it.
 */
char *parse_value_suggest(const char *word, const char *const *words) _must_check_;

/* --- values: 1 with the value in *ret, 0 after a problem, or -ENOMEM --- */

/* Checks the type alone. */
int parse_value_is(struct config_parser *p, const struct jsontext_node *value,
		   enum jsontext_type type) _must_check_;
/* Accepts @min to @max bytes without control characters. *ret belongs to the document. */
int parse_value_text(struct config_parser *p, const struct jsontext_node *value, size_t min,
		     size_t max, const char **ret) _must_check_;
/* Accepts one of @words, which end with NULL. */
int parse_value_word(struct config_parser *p, const struct jsontext_node *value,
		     const char *const *words, const char **ret) _must_check_;
int parse_value_number(struct config_parser *p, const struct jsontext_node *value, uint64_t max,
		       uint64_t *ret) _must_check_;
/* Returns the normalized key of a device, which the caller frees. */
int parse_value_key(struct config_parser *p, const struct jsontext_node *value,
		    char **ret) _must_check_;
/* Does the same for @text at @offset, which may be a key of the JSON. */
int parse_value_key_at(struct config_parser *p, size_t offset, const char *text,
		       char **ret) _must_check_;

/* --- values that are stored: 0, also after a problem, or -ENOMEM --- */

/* Stores a copy of the text that parse_value_text() accepts. */
int parse_value_string(struct config_parser *p, const struct jsontext_node *value, size_t min,
		       size_t max, char **ret) _must_check_;
int parse_value_bool(struct config_parser *p, const struct jsontext_node *value,
		     bool *ret) _must_check_;
/* Appends a list of reset methods to *ret. */
int parse_group_method_list(struct config_parser *p, const struct jsontext_node *value,
			    char ***ret) _must_check_;
/* Stores the file, and the line and column of @offset. */
int parse_value_origin(struct config_parser *p, size_t offset, char **file, unsigned *line,
		       unsigned *column) _must_check_;

/* --- arrays and objects: 0, also after a problem, or -ENOMEM --- */

/* Parses each element of an array, or each member of an object, of at most @max. */
int parse_value_each(struct config_parser *p, const struct jsontext_node *value,
		     enum jsontext_type type, size_t max, config_parse_fn parse,
		     void *target) _must_check_;
/* Parses each member by its key. An unknown key and a repeated one are errors. */
int parse_value_members(struct config_parser *p, const struct jsontext_node *object,
			const struct config_key *keys, size_t n, void *target) _must_check_;
/* Does the same, and reports each key of @needed, which ends with NULL, that @object lacks. */
int parse_value_object(struct config_parser *p, const struct jsontext_node *object,
		       const struct config_key *keys, size_t n, const char *const *needed,
		       void *target) _must_check_;
/* Parses an element of "devices" and appends it to the selectors of the struct group_def. */
int parse_selector(struct config_parser *p, const struct jsontext_node *value,
		   void *target) _must_check_;

/* Parse a member of "groups", "virtual-functions", "mediated-devices" or "quirks" into staged. */
int parse_group(struct config_parser *p, const struct jsontext_node *member,
		void *target) _must_check_;
int parse_vfs(struct config_parser *p, const struct jsontext_node *member,
	      void *target) _must_check_;
int parse_mdev(struct config_parser *p, const struct jsontext_node *member,
	       void *target) _must_check_;
int parse_quirk(struct config_parser *p, const struct jsontext_node *member,
		void *target) _must_check_;

/* Parse the keys of a quirk that select devices (parse-quirk-match.c) into the struct quirk. */
int parse_quirk_match_ids(struct config_parser *p, const struct jsontext_node *value,
			  void *target) _must_check_;
int parse_quirk_match_subsystems(struct config_parser *p, const struct jsontext_node *value,
				 void *target) _must_check_;
int parse_quirk_match_class(struct config_parser *p, const struct jsontext_node *value,
			    void *target) _must_check_;
int parse_quirk_match_revisions(struct config_parser *p, const struct jsontext_node *value,
				void *target) _must_check_;
int parse_quirk_match_function(struct config_parser *p, const struct jsontext_node *value,
			       void *target) _must_check_;
int parse_quirk_match_root_bus(struct config_parser *p, const struct jsontext_node *value,
			       void *target) _must_check_;

/*
 * Lists what could be the names of groups in a text, which may be no JSON: names before an object.
 * The caller frees *ret. 0 or -ENOMEM.
 */
int parse_names(const char *text, size_t size, char ***ret) _must_check_;
