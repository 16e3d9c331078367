/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Uses of a device by the host: a mounted filesystem, an address, a process that has it open. Facts
 * only: assess.h decides whether a use blocks a claim.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "base/macro.h"
#include "base/vec.h"

/*
 * Kinds of uses, and the meaning of "what". An unknown kind, of a later version, is kept and has no
 * effect.
 */
#define USAGE_ROOT_DISK "root-disk"	    /* "/" */
#define USAGE_MOUNTED "mounted"		    /* the mount point; pid: of its mount namespace */
#define USAGE_SWAP "swap"		    /* the swap device or file */
#define USAGE_HOLDERS "holders"		    /* a block device that the kernel built on it */
#define USAGE_DEFAULT_ROUTE "default-route" /* the interface of the route */
#define USAGE_NETWORK_UP "network-up"	    /* the reason why the interface is up */
#define USAGE_CONSOLE "console"		    /* the console */
#define USAGE_TPM "tpm"			    /* "tpm0" */
#define USAGE_OPEN "open"		    /* the node; with pid */
#define USAGE_VFIO "vfio"		    /* the VFIO node; with pid */

/* The scan that found a use: the uses of one source are replaced together. */
enum usage_source {
	USAGE_OF_BLOCK = 1,
	USAGE_OF_NET = 2,
	USAGE_OF_CONSOLE = 4,
	USAGE_OF_PROCESSES = 8,
};

struct usage {
	char *kind;
	char *what;
	char *through;		  /* the part of the device: "nvme0n1p1", "eth0"; NULL: all of it */
	int pid;		  /* -1: none, or the mount namespace of the host */
	char *name;		  /* of that process; NULL: not known */
	char *unit;		  /* systemd unit of that process; NULL: not known */
	uid_t owner;		  /* the user who may read it (private.h); not in the JSON */
	enum usage_source source; /* not in the JSON: a recorded host is never scanned again */
};

struct usage *usage_new(void); /* NULL when out of memory */
struct usage *usage_free(struct usage *usage);
DEFINE_CLEANUP(struct usage *, usage_freep, usage_free)
#define _cleanup_usage_ _cleanup_(usage_freep)

/* Returns a copy with clean text, or NULL when out of memory. */
struct usage *usage_copy(const struct usage *usage) _must_check_;

/* Compares kind, text and process, in the order of usage_list_sort(). */
int usage_compare(const void *a, const void *b);

/* --- vectors of struct usage, owned --- */

/* Appends a copy. 0 or -ENOMEM. */
int usage_list_add(struct vec *usages, const struct usage *usage) _must_check_;
/* Sorts the uses and removes duplicates. */
void usage_list_sort(struct vec *usages);
/* Compares two sorted lists. */
bool usage_list_equal(const struct vec *a, const struct vec *b);
void usage_list_clear(struct vec *usages);
#define _cleanup_usage_list_ _cleanup_(usage_list_clear)
