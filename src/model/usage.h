/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the rest of the host does with a device: a mounted filesystem, an address, a
 * process that has it open. Facts only; whether one stands against a claim is for assess.h to say.
 */

#include <stdbool.h>

#include "base/macro.h"
#include "base/vec.h"

/* Kinds. One that is not known, of a later version, is kept and means nothing. */
#define USAGE_ROOT_DISK "root-disk" /* what: "/" */
#define USAGE_MOUNTED \
	"mounted" /* what: the mount point; pid: in whose mount namespace, if not the host's */
#define USAGE_SWAP "swap"		    /* what: the swap device or file */
#define USAGE_HOLDERS "holders"		    /* what: what the kernel has built on it */
#define USAGE_DEFAULT_ROUTE "default-route" /* what: the interface that has the route */
#define USAGE_NETWORK_UP "network-up"	    /* what: what the interface is up for */
#define USAGE_CONSOLE "console"		    /* what: the console */
#define USAGE_TPM "tpm"			    /* what: "tpm0" */
#define USAGE_OPEN "open"		    /* what: the node; with pid */
#define USAGE_VFIO "vfio"		    /* what: the VFIO node; with pid */

/* Who finds it out: those of one source are replaced together. */
enum usage_source {
	USAGE_OF_BLOCK = 1,
	USAGE_OF_NET = 2,
	USAGE_OF_CONSOLE = 4,
	USAGE_OF_PROCESSES = 8,
};

struct usage {
	char *kind;
	char *what;
	char *through; /* "nvme0n1p1", "eth0": the device's own part in it; NULL: all of it */
	int pid;       /* -1: none */
	char *name;    /* of that process; NULL: not known */
	char *unit;    /* of the service manager that it runs in; NULL: not known */
	enum usage_source source; /* not in the JSON: nobody reads a recorded host anew */
};

struct usage *usage_new(void);
struct usage *usage_free(struct usage *usage);
DEFINE_CLEANUP(struct usage *, usage_freep, usage_free)
#define _cleanup_usage_ _cleanup_(usage_freep)

/* NULL when out of memory. */
struct usage *usage_copy(const struct usage *usage) _must_check_;
/* Appends a copy to a vector of struct use. 0 or -ENOMEM. */
int usage_list_add(struct vec *uses, const struct usage *usage) _must_check_;
/* Into an order of their own, each once. */
void usage_list_sort(struct vec *uses);
/* The same ones in the same order. */
bool usage_list_equal(const struct vec *a, const struct vec *b);
void usage_list_clear(struct vec *uses);
#define _cleanup_usage_list_ _cleanup_(usage_list_clear)
