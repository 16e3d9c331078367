/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Finds the word that a mistyped one was meant to be. */

#include "base/macro.h"

/*
 * Returns the word of @words, which end with NULL, that is closest to @word, or NULL if none
 * resembles it: at most two letters are added, removed or replaced, one in a word of two or three.
 */
const char *nearest_find(const char *word, const char *const *words);
