/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "base/trust.h"

/* The number of links that the kernel follows (MAXSYMLINKS). */
#define MOST_LINKS 40

/* A walk from the root to a file, a component at a time. */
struct trust_walk {
	uid_t own;
	int dir;    /* the directory so far */
	char *todo; /* the components that are left */
	char *done; /* the path of @dir: "" for the root */
	unsigned links;
};

static void trust_walk_clear(struct trust_walk *walk)
{
	fd_close(walk->dir);
	free(walk->todo);
	free(walk->done);
}

static bool trust_owner(const struct stat *st, uid_t own)
{
	return st->st_uid == 0 || (own != TRUST_ONLY_ROOT && st->st_uid == own);
}

bool trust_stat(const struct stat *st, uid_t own)
{
	return trust_owner(st, own) && !(st->st_mode & (S_IWGRP | S_IWOTH));
}

/* In a directory as /tmp, users cannot replace what others own. */
static bool trust_is_sticky(const struct stat *st, uid_t own)
{
	struct stat unwritable = *st;

	unwritable.st_mode &= ~(mode_t)(S_IWGRP | S_IWOTH);
	return S_ISDIR(st->st_mode) && st->st_mode & S_ISVTX && trust_stat(&unwritable, own);
}

static char *trust_describe(const struct trust_walk *walk, const char *name, const struct stat *st)
{
	_cleanup_free_ char *place =
		walk->links ? str_printf("a link leads to %s/%s, which", walk->done, name) :
			      strdup("it");

	if (!place)
		return NULL;
	return str_printf(
		"%s belongs to uid %u and has mode %04o, so users other than root can "
		"change it. Give it to root (chown root:root), and let no others write to "
		"it (chmod go-w).",
		place, (unsigned)st->st_uid, (unsigned)st->st_mode & 07777);
}

/* Describes a link, whose mode says nothing. */
static char *trust_describe_link(const struct trust_walk *walk, const char *name,
				 const struct stat *st)
{
	return str_printf("the link %s/%s belongs to uid %u, who can let it lead to another file. "
			  "Give it to root (chown -h root:root).",
			  walk->done, name, (unsigned)st->st_uid);
}

static int trust_walk_restart(struct trust_walk *walk)
{
	walk->dir = fd_close(walk->dir);
	walk->dir = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (walk->dir < 0)
		return -errno;
	return str_set(&walk->done, "");
}

/* Puts the target of a link before the components that are left. */
static int trust_walk_follow(struct trust_walk *walk, const char *name)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(walk->dir, name, target, sizeof(target) - 1);
	char *todo;

	if (n < 0)
		return -errno;
	if (++walk->links > MOST_LINKS)
		return -ELOOP;
	target[n] = '\0';
	todo = str_printf("%s/%s", target, walk->todo);
	if (!todo)
		return -ENOMEM;
	free(walk->todo);
	walk->todo = todo;
	return target[0] == '/' ? trust_walk_restart(walk) : 0;
}

static int trust_walk_enter(struct trust_walk *walk, const char *name, int fd)
{
	char *done = str_printf("%s/%s", walk->done, name);

	if (!done)
		return -ENOMEM;
	free(walk->done);
	walk->done = done;
	fd_close(walk->dir);
	walk->dir = fd;
	return 0;
}

/* Cuts the next component off. *ret is NULL behind the last one. */
static int trust_walk_next(struct trust_walk *walk, char **ret)
{
	const char *start = walk->todo + strspn(walk->todo, "/");
	size_t size = strcspn(start, "/");
	_cleanup_free_ char *name = NULL, *rest = strdup(start + size);

	if (!rest)
		return -ENOMEM;
	if (size > 0) {
		name = strndup(start, size);
		if (!name)
			return -ENOMEM;
	}
	free(walk->todo);
	walk->todo = TAKE_PTR(rest);
	*ret = TAKE_PTR(name);
	return 0;
}

/* Handles one component. 0, or negative errno. *ret_why is set where the walk ends. */
static int trust_walk_step(struct trust_walk *walk, const char *name, char **ret_why)
{
	_cleanup_close_ int fd = openat(walk->dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	bool last = !walk->todo[strspn(walk->todo, "/")];
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (S_ISLNK(st.st_mode)) {
		if (trust_owner(&st, walk->own))
			return trust_walk_follow(walk, name);
		*ret_why = trust_describe_link(walk, name, &st);
		return *ret_why ? 0 : -ENOMEM;
	}
	/* Nodes and pipes are no files: the reader refuses them. */
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return last ? 0 : -ENOTDIR;
	if ((last || walk->links > 0) && !trust_stat(&st, walk->own) &&
	    (last || !trust_is_sticky(&st, walk->own))) {
		*ret_why = trust_describe(walk, name, &st);
		return *ret_why ? 0 : -ENOMEM;
	}
	r = trust_walk_enter(walk, name, fd);
	if (r >= 0)
		TAKE_FD(fd);
	return r;
}

static int trust_walk_all(struct trust_walk *walk, char **ret_why)
{
	while (!*ret_why) {
		_cleanup_free_ char *name = NULL;
		int r = trust_walk_next(walk, &name);

		if (r < 0 || !name)
			return r;
		r = trust_walk_step(walk, name, ret_why);
		if (r < 0)
			return r;
	}
	return 0;
}

int trust_check(const char *path, uid_t own, char **ret_why)
{
	_cleanup_(trust_walk_clear) struct trust_walk walk = { .own = own, .dir = -EBADF };
	_cleanup_free_ char *here = NULL;
	int r;

	*ret_why = NULL;
	r = trust_walk_restart(&walk);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	if (path[0] != '/') {
		here = getcwd(NULL, 0);
		if (!here)
			return 0;
	}
	walk.todo = here ? str_printf("%s/%s", here, path) : strdup(path);
	if (!walk.todo)
		return -ENOMEM;
	r = trust_walk_all(&walk, ret_why);
	/* The reader of the file reports a path that leads nowhere. */
	return r == -ENOMEM ? r : 0;
}
