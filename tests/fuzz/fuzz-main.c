/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The main program of a fuzz target in a build without libFuzzer: it runs the inputs in files. */

#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/fileio.h"

#define INPUT_MAX (1u << 20)

/* A target that needs no preparation does not define it. */
#pragma weak LLVMFuzzerInitialize

int main(int argc, char **argv)
{
	if (LLVMFuzzerInitialize)
		LLVMFuzzerInitialize(&argc, &argv);
	for (int i = 1; i < argc; i++) {
		_cleanup_free_ char *data = NULL;
		size_t size;

		fprintf(stderr, "%s\n", argv[i]);
		assert(fileio_read_at(AT_FDCWD, argv[i], INPUT_MAX, &data, &size) == 0);
		(void)LLVMFuzzerTestOneInput((const uint8_t *)data, size);
	}
	return EXIT_SUCCESS;
}
