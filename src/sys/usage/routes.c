/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#include "sys/usage/routes.h"

/* The kernel fills at most 32 KiB at once (netlink_dump()). */
#define BUFFER_SIZE 32768

struct route {
	unsigned interface;
	const struct rtattr *gateway, *hops;
};

static int routes_open_socket(unsigned groups)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = groups };
	_cleanup_close_ int fd = -EBADF;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | (groups ? SOCK_NONBLOCK : 0),
		    NETLINK_ROUTE);
	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return TAKE_FD(fd);
}

/* Does what NLMSG_NEXT() does. The size does not wrap around when padding is missing at the end. */
static struct nlmsghdr *routes_next_message(struct nlmsghdr *header, size_t *size)
{
	size_t step = NLMSG_ALIGN(header->nlmsg_len);

	*size -= step < *size ? step : *size;
	return (struct nlmsghdr *)((char *)header + step);
}

/* --- default routes --- */

static bool routes_is_default(const struct nlmsghdr *header)
{
	const struct rtmsg *message = NLMSG_DATA(header);

	return header->nlmsg_len >= NLMSG_LENGTH(sizeof(*message)) && message->rtm_dst_len == 0 &&
	       message->rtm_type == RTN_UNICAST && !(message->rtm_flags & RTM_F_CLONED);
}

/* @size is signed: RTA_NEXT() makes it negative when padding is missing at the end. */
static struct route routes_parse_attributes(const struct rtattr *attribute, int size)
{
	struct route route = { 0 };

	for (; RTA_OK(attribute, size); attribute = RTA_NEXT(attribute, size))
		switch (attribute->rta_type) {
		case RTA_OIF:
			if (RTA_PAYLOAD(attribute) >= sizeof(route.interface))
				memcpy(&route.interface, RTA_DATA(attribute),
				       sizeof(route.interface));
			break;
		case RTA_GATEWAY:
			route.gateway = attribute;
			break;
		case RTA_MULTIPATH:
			route.hops = attribute;
			break;
		}
	return route;
}

static size_t routes_address_size(int family)
{
	return family == AF_INET6 ? sizeof(struct in6_addr) : sizeof(struct in_addr);
}

static int routes_report(int family, const struct route *route, routes_fn fn, void *userdata)
{
	char interface[IF_NAMESIZE], gateway[INET6_ADDRSTRLEN] = "";

	if (!route->interface || !if_indextoname(route->interface, interface))
		return 0;
	if (route->gateway && RTA_PAYLOAD(route->gateway) >= routes_address_size(family))
		inet_ntop(family, RTA_DATA(route->gateway), gateway, sizeof(gateway));
	return fn(interface, gateway[0] ? gateway : NULL, userdata);
}

/* Reports each hop of a multipath route: a struct rtnexthop with attributes of its own. */
static int routes_report_hops(int family, const struct rtattr *hops, routes_fn fn, void *userdata)
{
	const struct rtnexthop *hop = RTA_DATA(hops);
	size_t left = RTA_PAYLOAD(hops);

	while (left >= sizeof(*hop) && hop->rtnh_len >= sizeof(*hop) && hop->rtnh_len <= left) {
		struct route route = routes_parse_attributes(RTNH_DATA(hop),
							     (int)(hop->rtnh_len - sizeof(*hop)));
		size_t step = RTNH_ALIGN(hop->rtnh_len);
		int r;

		route.interface = (unsigned)hop->rtnh_ifindex;
		r = routes_report(family, &route, fn, userdata);
		if (r < 0 || step >= left)
			return r;
		left -= step;
		hop = (const struct rtnexthop *)((const char *)hop + step);
	}
	return 0;
}

static int routes_report_message(const struct nlmsghdr *header, routes_fn fn, void *userdata)
{
	const struct rtmsg *message = NLMSG_DATA(header);
	struct route route;
	int r;

	if (header->nlmsg_type != RTM_NEWROUTE || !routes_is_default(header))
		return 0;
	route = routes_parse_attributes(RTM_RTA(message), (int)RTM_PAYLOAD(header));
	r = routes_report(message->rtm_family, &route, fn, userdata);
	if (r < 0 || !route.hops)
		return r;
	return routes_report_hops(message->rtm_family, route.hops, fn, userdata);
}

static int routes_request_dump(int fd, int family)
{
	struct {
		struct nlmsghdr header;
		struct rtmsg message;
	} request = {
		.header = { .nlmsg_len = sizeof(request),
			    .nlmsg_type = RTM_GETROUTE,
			    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.message = { .rtm_family = (unsigned char)family },
	};

	return send(fd, &request, sizeof(request), 0) < 0 ? -errno : 0;
}

int routes_parse(char *buffer, size_t size, routes_fn fn, void *userdata)
{
	for (struct nlmsghdr *header = (void *)buffer; NLMSG_OK(header, size);
	     header = routes_next_message(header, &size)) {
		int r;

		/* A kernel without IPv6 answers with an error: it has no such routes. */
		if (header->nlmsg_type == NLMSG_DONE || header->nlmsg_type == NLMSG_ERROR)
			return 1;
		r = routes_report_message(header, fn, userdata);
		if (r < 0)
			return r;
	}
	return 0;
}

static int routes_read_family(int fd, int family, char *buffer, routes_fn fn, void *userdata)
{
	int r;

	r = routes_request_dump(fd, family);
	while (r == 0) {
		ssize_t n = recv(fd, buffer, BUFFER_SIZE, 0);

		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO;
		r = routes_parse(buffer, (size_t)n, fn, userdata);
	}
	return r < 0 ? r : 0;
}

int routes_read_default(routes_fn fn, void *userdata)
{
	_cleanup_close_ int fd = routes_open_socket(0);
	_cleanup_free_ char *buffer = malloc(BUFFER_SIZE);
	int r;

	if (!buffer)
		return -ENOMEM;
	if (fd < 0)
		return fd;
	r = routes_read_family(fd, AF_INET, buffer, fn, userdata);
	if (r < 0)
		return r;
	return routes_read_family(fd, AF_INET6, buffer, fn, userdata);
}

/* --- changes --- */

int routes_watch(void)
{
	return routes_open_socket(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
				  RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE);
}

/* Ignores all but default routes: a router changes its other routes constantly. */
static bool routes_is_relevant(const struct nlmsghdr *header)
{
	return (header->nlmsg_type != RTM_NEWROUTE && header->nlmsg_type != RTM_DELROUTE) ||
	       routes_is_default(header);
}

static bool routes_any_relevant(char *buffer, size_t size)
{
	for (struct nlmsghdr *header = (void *)buffer; NLMSG_OK(header, size);
	     header = routes_next_message(header, &size))
		if (routes_is_relevant(header))
			return true;
	return false;
}

bool routes_watch_dispatch(int fd)
{
	char buffer[8192] __attribute__((aligned(NLMSG_ALIGNTO)));
	bool any = false;

	for (;;) {
		ssize_t n = recv(fd, buffer, sizeof(buffer), 0);

		/* The queue was full and messages are lost: anything may have changed. */
		if (n < 0 && errno == ENOBUFS) {
			any = true;
			continue;
		}
		if (n <= 0)
			return any;
		if (routes_any_relevant(buffer, (size_t)n))
			any = true;
	}
}
