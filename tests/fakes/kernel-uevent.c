/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Events of the kernel. A socket for them is one of another netlink family, to which any user may
 * send: the fake kernel sends to each socket of the tree, and the receiver sees the real kernel as
 * the sender.
 */

#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "kernel.h"

#define LISTENERS ".kernel/listeners"

/* --- sending --- */

struct kernel_uevent_message {
	char data[KERNEL_TEXT];
	size_t size;
	int socket;
};

static void kernel_uevent_put(struct kernel_uevent_message *message, const char *key,
			      const char *value)
{
	int n = snprintf(message->data + message->size, sizeof(message->data) - message->size,
			 "%s%s", key, value);

	message->size += (size_t)n + 1;
}

/* Adds the lines of @extra. */
static void kernel_uevent_put_lines(struct kernel_uevent_message *message, const char *extra)
{
	char lines[KERNEL_TEXT], *rest = NULL;

	snprintf(lines, sizeof(lines), "%s", extra);
	for (char *line = strtok_r(lines, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		kernel_uevent_put(message, line, "");
}

static int kernel_uevent_send_to(const char *path, const char *name, void *userdata)
{
	const struct kernel_uevent_message *message = userdata;
	struct sockaddr_nl to = { .nl_family = AF_NETLINK };
	char file[PATH_MAX];

	kernel_place(file, "%s/%s", path, name);
	if (sscanf(name, "%u", &to.nl_pid) != 1)
		return 0;
	/* A full queue is what the real kernel calls an overrun; recvmsg() reports it. */
	if (sendto(message->socket, message->data, message->size, MSG_DONTWAIT,
		   (struct sockaddr *)&to, sizeof(to)) >= 0)
		return 0;
	if (errno == ECONNREFUSED)
		unlink(kernel_path("%s", file));
	else
		kernel_write(file, "overrun\n");
	return 0;
}

void kernel_uevent(const char *action, const char *devpath, const char *subsystem,
		   const char *extra)
{
	struct kernel_uevent_message message = { .size = 0 };
	char number[32], header[PATH_MAX];
	struct timespec now;

	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
	devpath += strlen("sys");
	snprintf(header, sizeof(header), "%s@%s", action, devpath);
	kernel_uevent_put(&message, header, "");
	kernel_uevent_put(&message, "ACTION=", action);
	kernel_uevent_put(&message, "DEVPATH=", devpath);
	kernel_uevent_put(&message, "SUBSYSTEM=", subsystem);
	if (extra)
		kernel_uevent_put_lines(&message, extra);
	snprintf(number, sizeof(number), "%lld%09ld", (long long)now.tv_sec, now.tv_nsec);
	kernel_uevent_put(&message, "SEQNUM=", number);
	message.socket =
		(int)syscall(SYS_socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_USERSOCK);
	if (message.socket < 0)
		return;
	kernel_each(LISTENERS, kernel_uevent_send_to, &message);
	syscall(SYS_close, message.socket);
}

/* --- receiving --- */

static bool kernel_uevent_port(int fd, char path[static PATH_MAX])
{
	struct sockaddr_nl address;
	socklen_t size = sizeof(address);
	int protocol;
	socklen_t protocol_size = sizeof(protocol);

	if (!kernel_root ||
	    syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &protocol_size) < 0 ||
	    syscall(SYS_getsockname, fd, &address, &size) < 0)
		return false;
	if (address.nl_family != AF_NETLINK || protocol != NETLINK_USERSOCK)
		return false;
	snprintf(path, PATH_MAX, LISTENERS "/%u", address.nl_pid);
	return true;
}

KERNEL_EXPORT int socket(int domain, int type, int protocol)
{
	if (kernel_root && domain == AF_NETLINK && protocol == NETLINK_KOBJECT_UEVENT)
		protocol = NETLINK_USERSOCK;
	return (int)syscall(SYS_socket, domain, type, protocol);
}

KERNEL_EXPORT int bind(int fd, const struct sockaddr *address, socklen_t size)
{
	struct sockaddr_nl own = { .nl_family = AF_NETLINK };
	char path[PATH_MAX];

	if (address->sa_family != AF_NETLINK || !kernel_uevent_port(fd, path))
		return (int)syscall(SYS_bind, fd, address, size);
	if (syscall(SYS_bind, fd, &own, sizeof(own)) < 0)
		return -1;
	kernel_make_dirs(LISTENERS);
	if (kernel_uevent_port(fd, path))
		kernel_write(path, "%s", "");
	return 0;
}

/* Makes the message look as if the real kernel had sent it. */
static void kernel_uevent_disguise(struct msghdr *message)
{
	struct sockaddr_nl *from = message->msg_name;

	if (from && message->msg_namelen >= sizeof(*from)) {
		from->nl_pid = 0;
		from->nl_groups = 1;
	}
	for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part))
		if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_CREDENTIALS)
			memset(CMSG_DATA(part), 0, sizeof(struct ucred));
}

KERNEL_EXPORT ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	char path[PATH_MAX], text[KERNEL_TEXT];
	bool own = message->msg_name && kernel_uevent_port(fd, path);
	ssize_t n;

	if (own && kernel_read(path, text) && text[0]) {
		kernel_write(path, "%s", "");
		errno = ENOBUFS;
		return -1;
	}
	n = syscall(SYS_recvmsg, fd, message, flags);
	if (own && n >= 0)
		kernel_uevent_disguise(message);
	return n;
}
