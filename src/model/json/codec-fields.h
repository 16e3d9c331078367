/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Inside the codecs only. One table per struct says how its fields are written and read,
 * so that the two directions cannot drift apart. Written with json-c; read with jsontext, which
 * keeps positions, refuses what is not strict JSON and rounds no number.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macro.h"
#include "model/json/jsontext.h"

struct json_object;

enum codec_kind {
	CODEC_STRING, /* char *; NULL is not known */
	CODEC_STRV,   /* char **; an empty list is not written */
	CODEC_BOOL,   /* bool */
	CODEC_INT,    /* int from 0 up; -1 is not known */
	CODEC_UINT,   /* unsigned */
	CODEC_U8,     /* uint8_t */
	CODEC_U64,    /* uint64_t */
	CODEC_ULONG,  /* unsigned long */
	CODEC_HEX8,   /* uint8_t as two hex digits */
	CODEC_HEX16,  /* uint16_t as four */
	CODEC_HEX24,  /* uint32_t as six */
};

enum codec_flags {
	CODEC_SHOW = 1,	    /* written also where it is false, 0 or (as null) not known */
	CODEC_REQUIRED = 2, /* reading fails without it */
};

struct codec_field {
	const char *key;
	enum codec_kind kind;
	size_t offset;
	unsigned flags;
};

/* What a reader carries along. */
struct codec_reader {
	const struct jsontext *doc;
	char **ret_error;
};

/* --- writing --- */

/* Adds @value under @key and owns it from then on; NULL is out of memory. 0 or -ENOMEM. */
int codec_write_value(struct json_object *object, const char *key,
		      struct json_object *value) _must_check_;
int codec_write_element(struct json_object *array, struct json_object *value) _must_check_;
int codec_write_string(struct json_object *object, const char *key, const char *value) _must_check_;
int codec_write_strv(struct json_object *object, const char *key, char *const *list) _must_check_;
int codec_write_fields(struct json_object *object, const struct codec_field *fields, size_t n,
		       const void *from) _must_check_;
/* A string as JSON can carry it: bytes that are no UTF-8 become U+FFFD. NULL: out of memory. */
struct json_object *codec_write_utf8(const char *value);
int codec_write_document(struct json_object *object, bool pretty, char **ret) _must_check_;

void codec_write_freep(struct json_object **object);
#define _cleanup_json_ _cleanup_(codec_write_freep)

/* --- reading: -EBADMSG with *ret_error, or -ENOMEM --- */

int codec_read_fail(const struct codec_reader *reader, const struct jsontext_node *node,
		    const char *format, ...) _printf_(3, 4);
/* Parses, and refuses repeated keys in the root and all below it. */
int codec_read_document(const char *text, size_t size, struct jsontext **ret,
			char **ret_error) _must_check_;
/*
 * The member, which must be of @type. @required: its absence is an error, else *ret may become
 * NULL.
 */
int codec_read_member(const struct codec_reader *reader, const struct jsontext_node *object,
		      const char *key, enum jsontext_type type, bool required,
		      const struct jsontext_node **ret) _must_check_;
int codec_read_expect(const struct codec_reader *reader, const struct jsontext_node *node,
		      enum jsontext_type type) _must_check_;
int codec_read_strv(const struct codec_reader *reader, const struct jsontext_node *node,
		    char ***ret) _must_check_;
/* Exactly @digits hex digits, behind "0x" or not as @prefix says; @digits 0: any number of them. */
int codec_read_hex(const struct codec_reader *reader, const struct jsontext_node *node, bool prefix,
		   unsigned digits, uint64_t *ret) _must_check_;
int codec_read_fields(const struct codec_reader *reader, const struct jsontext_node *object,
		      const struct codec_field *fields, size_t n, void *to) _must_check_;
