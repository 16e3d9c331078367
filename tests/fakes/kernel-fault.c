/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Faults that a test puts into the tree. The file ".faults/OPERATION ADDRESS" ("unbind
 * 0000:01:00.0") holds one line:
 *
 *	EBUSY		the operation fails and has no effect.
 *	then EBUSY	it is done, and fails all the same.
 *	ignored		it succeeds without an effect.
 *	hang		it sleeps until the file is changed or removed.
 *
 * The word "once" after it removes the file in the operation that meets it.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

#define HANG_MS 5

static int kernel_fault_errno(const char *name)
{
	for (int number = 1; number < 134; number++) {
		const char *own = strerrorname_np(number);

		if (own && strcmp(own, name) == 0)
			return -number;
	}
	return -EIO;
}

/* Reads the line and splits it: "then", the word, and whether it is for once. */
static bool kernel_fault_load(const char *operation, const char *address, bool after,
			      char word[static 32])
{
	char path[PATH_MAX], text[KERNEL_TEXT];
	bool then;

	if (!kernel_exists(".faults"))
		return false;
	kernel_place(path, ".faults/%s %s", operation, address);
	if (!kernel_read(path, text))
		return false;
	then = strncmp(text, "then ", 5) == 0;
	if (then != after || sscanf(text + (then ? 5 : 0), "%31s", word) != 1)
		return false;
	if (kernel_has_word(text, "once"))
		unlink(kernel_path("%s", path));
	return true;
}

int kernel_fault(const char *operation, const char *address)
{
	char word[32];
	bool slept = false;

	while (kernel_fault_load(operation, address, false, word)) {
		if (strcmp(word, "ignored") == 0)
			return 1;
		if (strcmp(word, "hang") != 0)
			return kernel_fault_errno(word);
		if (!slept)
			kernel_log("hang %s %s", operation, address);
		slept = true;
		kernel_sleep_ms(HANG_MS);
	}
	return 0;
}

int kernel_fault_after(const char *operation, const char *address, int r)
{
	char word[32];

	return kernel_fault_load(operation, address, true, word) ? kernel_fault_errno(word) : r;
}
