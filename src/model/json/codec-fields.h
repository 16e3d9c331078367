/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Inside the codecs only. One table per struct describes how its fields are written and read, so
 * that both directions agree. Written with json-c. Read with jsontext, which keeps positions,
 * refuses all but strict JSON, and rounds no number.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macro.h"
#include "base/vec.h"
#include "model/json/jsontext.h"

struct json_object;

enum codec_kind {
	CODEC_STRING, /* char *; NULL is unknown */
	CODEC_STRV,   /* char **; an empty list is not written */
	CODEC_BOOL,   /* bool */
	CODEC_INT,    /* int from 0 up; -1 is unknown */
	CODEC_UINT,   /* unsigned */
	CODEC_U8,     /* uint8_t */
	CODEC_U64,    /* uint64_t */
	CODEC_ULONG,  /* unsigned long */
	CODEC_HEX8,   /* uint8_t as two hex digits */
	CODEC_HEX16,  /* uint16_t as four */
	CODEC_HEX24,  /* uint32_t as six */
};

enum codec_flags {
	CODEC_SHOW = 1,	    /* written also where it is false, 0 or (as null) unknown */
	CODEC_REQUIRED = 2, /* reading fails without it */
};

struct codec_field {
	const char *key;
	enum codec_kind kind;
	size_t offset;
	unsigned flags;
};

/* The document that is read, and where the text of an error goes. */
struct codec_reader {
	const struct jsontext *doc;
	char **ret_error;
};

/* --- writing: 0 or -ENOMEM --- */

/* Adds @value under @key and owns it from then on. A NULL @value is out of memory. */
int codec_write_value(struct json_object *object, const char *key,
		      struct json_object *value) _must_check_;
/* Appends @value to @array in the same way. */
int codec_write_element(struct json_object *array, struct json_object *value) _must_check_;
/* Adds an empty object under @key. *ret is owned by @object. */
int codec_write_new_member(struct json_object *object, const char *key,
			   struct json_object **ret) _must_check_;
/* Appends an empty object. *ret is owned by @array. */
int codec_write_new_element(struct json_object *array, struct json_object **ret) _must_check_;
int codec_write_bool(struct json_object *object, const char *key, bool value) _must_check_;
int codec_write_uint(struct json_object *object, const char *key, uint64_t value) _must_check_;
int codec_write_string(struct json_object *object, const char *key, const char *value) _must_check_;
int codec_write_strv(struct json_object *object, const char *key, char *const *list) _must_check_;
int codec_write_fields(struct json_object *object, const struct codec_field *fields, size_t n,
		       const void *from) _must_check_;
/* Writes each struct of @items as an object of an array under @key. */
int codec_write_structs(struct json_object *object, const char *key,
			const struct codec_field *fields, size_t n,
			const struct vec *items) _must_check_;
/* Returns @value as JSON can carry it: invalid UTF-8 becomes U+FFFD. NULL when out of memory. */
struct json_object *codec_write_utf8(const char *value);
/* Converts @object to text, which the caller frees. */
int codec_write_document(struct json_object *object, bool pretty, char **ret) _must_check_;

void codec_write_freep(struct json_object **object);
#define _cleanup_json_ _cleanup_(codec_write_freep)

/* --- reading: 0, -EBADMSG with *ret_error, or -ENOMEM --- */

/* Describes the error at @node in *ret_error and returns -EBADMSG. */
int codec_read_fail(const struct codec_reader *reader, const struct jsontext_node *node,
		    const char *format, ...) _printf_(3, 4);
/* Parses @text, whose root must be an object, and refuses repeated keys at every depth. */
int codec_read_document(const char *text, size_t size, struct jsontext **ret,
			char **ret_error) _must_check_;
/*
 * Finds the member @key, which must be of @type. If it is absent or null, a @required one is an
 * error, and for another one *ret is NULL.
 */
int codec_read_member(const struct codec_reader *reader, const struct jsontext_node *object,
		      const char *key, enum jsontext_type type, bool required,
		      const struct jsontext_node **ret) _must_check_;

/* Reads one element of an array into @to. */
typedef int (*codec_element_fn)(const struct codec_reader *reader,
				const struct jsontext_node *element, void *to);
/* Reads each element of the array @key with @fn. Absence as in codec_read_member(). */
int codec_read_elements(const struct codec_reader *reader, const struct jsontext_node *object,
			const char *key, bool required, codec_element_fn fn, void *to) _must_check_;
/* Fails if @node is not of @type. */
int codec_read_expect(const struct codec_reader *reader, const struct jsontext_node *node,
		      enum jsontext_type type) _must_check_;
/* Replaces *ret by a list of strings, NULL if it is empty. */
int codec_read_strv(const struct codec_reader *reader, const struct jsontext_node *node,
		    char ***ret) _must_check_;
/* Reads exactly @digits hex digits; 0: any number of them. @prefix: they are behind "0x". */
int codec_read_hex(const struct codec_reader *reader, const struct jsontext_node *node, bool prefix,
		   unsigned digits, uint64_t *ret) _must_check_;
int codec_read_fields(const struct codec_reader *reader, const struct jsontext_node *object,
		      const struct codec_field *fields, size_t n, void *to) _must_check_;
