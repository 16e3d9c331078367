/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Parts of a text that only root and one user may read: what processes of that user are called, and
 * what they do. Such a part is marked where it enters, with the text that all others get in its
 * place. The marks are control characters, which no clean text has (base/utf8.h). A text with marks
 * is shown to one reader before it leaves the daemon.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "base/macro.h"

#define PRIVATE_NO_READER ((uid_t)-1) /* a reader who is not known, or all of them */

/* Tells whether @reader may read what belongs to @owner. */
static inline bool private_may_read(uid_t reader, uid_t owner)
{
	return reader == 0 || (reader == owner && reader != PRIVATE_NO_READER);
}

/*
 * Returns @detail as a part that @owner may read, with @instead for all others. Both are clean. The
 * caller frees it; NULL when out of memory.
 */
char *private_mark(uid_t owner, const char *detail, const char *instead) _must_check_;

/*
 * Replaces each marked part of @text by what @reader may read, in place. A part without an end is
 * hidden: a text may have been cut. Returns @text.
 */
char *private_show(char *text, uid_t reader);
