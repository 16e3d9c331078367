/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Walks the descriptors that a process has open. The kernel's own facts of a file are read first,
 * without asking its filesystem, which may be a server that is gone. Only what the visitor wants is
 * looked at more closely. Descriptors in flight are missed, and those that are opened during the
 * walk may be.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "base/macro.h"
#include "base/vec.h"
#include "sys/sysfs.h"
#include "sys/usage/process-turns.h"

enum process_fd_kind {
	PROCESS_FD_IGNORED,
	PROCESS_FD_FILE, /* a regular file; any other is skipped */
	PROCESS_FD_NODE, /* a device node; any other file is skipped */
	PROCESS_FD_VFIO, /* a VFIO device that was opened through its group, so it has no node */
};

/* Facts of a file that the kernel has in memory. */
struct process_file {
	mode_t mode;
	uid_t owner;
	ino_t inode;
	dev_t filesystem;
	dev_t device; /* of a node: the device that it names */
};

struct process_fd {
	enum process_fd_kind kind;
	const char *target;	  /* the link: "/dev/vfio/12", "anon_inode:[…]" */
	struct process_file file; /* of PROCESS_FD_FILE and PROCESS_FD_NODE */
	bool read_only;		  /* the flags of its open(2) allow no writing */
	const char *devpath; /* of PROCESS_FD_VFIO: "devices/pci0000:00/…"; NULL: not known */
};

struct process_fd_visitor {
	/* Decides by its number whether a node is looked at. NULL: no node is. */
	bool (*wants)(const struct process_file *node, void *userdata);
	/* Decides by its link how closely to look at another file. */
	enum process_fd_kind (*filter)(const char *target, void *userdata);
	/* Receives a descriptor, borrowed, that is open. 0 continues, all else ends the walk. */
	int (*visit)(const struct process_fd *fd, void *userdata);
};

/* Facts that one walk remembers from process to process. */
struct process_tables {
	dev_t sysfs;	/* regular files of other filesystems are skipped */
	struct vec big; /* processes with large tables of descriptors, as numbers */
};

/* Begins a walk below @root. process_walk_clear_tables() frees its memory. */
struct process_tables process_walk_begin_tables(const struct sysfs_root *root);
void process_walk_clear_tables(struct process_tables *tables);
#define _cleanup_process_tables_ _cleanup_(process_walk_clear_tables)

/*
 * Visits the open descriptors of a process, and those of its threads that share them with no other.
 * A large table that processes share is visited once. A descriptor that only names its file
 * (O_PATH) is not open, nor is one that is closed while it is looked at: udev has both for a moment
 * when it sets the owner of a node. Returns 0, -ETIME, or the first result of visit() that is not
 * 0.
 */
int process_walk_fds(const struct process_turn *turn, struct process_tables *tables,
		     const struct process_fd_visitor *visitor, void *userdata) _must_check_;

/*
 * Reads what the kernel knows of a file, and follows links. It does not ask a filesystem whose
 * server may be gone for newer facts. 0 or negative errno.
 */
int process_walk_stat(int dir_fd, const char *path, struct process_file *ret) _must_check_;

/* Tells whether @target is the link of a VFIO device that was opened through its group. */
bool process_walk_is_vfio_device(const char *target) _must_check_;

/* Tells whether @name of @dir_fd, a /proc/PID/fd, still has the file @target open. */
bool process_walk_fd_is_open(int dir_fd, const char *name, const char *target) _must_check_;
