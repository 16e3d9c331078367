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
#define USE_ROOT_DISK "root-disk" /* what: "/" */
#define USE_MOUNTED                                                                                \
	"mounted" /* what: the mount point; pid: in whose mount namespace, if not the host's */
#define USE_SWAP	  "swap"	  /* what: the swap device or file */
#define USE_HOLDERS	  "holders"	  /* what: what the kernel has built on it */
#define USE_DEFAULT_ROUTE "default-route" /* what: the interface that has the route */
#define USE_NETWORK_UP	  "network-up"	  /* what: what the interface is up for */
#define USE_CONSOLE	  "console"	  /* what: the console */
#define USE_TPM		  "tpm"		  /* what: "tpm0" */
#define USE_OPEN	  "open"	  /* what: the node; with pid */
#define USE_VFIO	  "vfio"	  /* what: the VFIO node; with pid */

/* Who finds it out: those of one source are replaced together. */
enum use_source {
	USE_OF_BLOCK = 1,
	USE_OF_NET = 2,
	USE_OF_CONSOLE = 4,
	USE_OF_PROCESSES = 8,
};

struct use {
	char *kind;
	char *what;
	char *through; /* "nvme0n1p1", "eth0": the device's own part in it; NULL: all of it */
	int pid;       /* -1: none */
	char *name;    /* of that process; NULL: not known */
	char *unit;    /* of the service manager that it runs in; NULL: not known */
	enum use_source source; /* not in the JSON: nobody reads a recorded host anew */
};

struct use *use_new(void);
struct use *use_free(struct use *use);
DEFINE_CLEANUP(struct use *, use_freep, use_free)
#define _cleanup_use_ _cleanup_(use_freep)

/* NULL when out of memory. */
struct use *use_copy(const struct use *use) _must_check_;
/* Appends a copy to a vector of struct use. 0 or -ENOMEM. */
int uses_add(struct vec *uses, const struct use *use) _must_check_;
/* Into an order of their own, each once. */
void uses_sort(struct vec *uses);
/* The same ones in the same order. */
bool uses_equal(const struct vec *a, const struct vec *b);
void uses_clear(struct vec *uses);
#define _cleanup_uses_ _cleanup_(uses_clear)
