/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/if.h>
#include <netinet/in.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "sys/usage/routes.h"
#include "sys/usage/usage-net.h"

DEFINE_CLEANUP(struct ifaddrs *, freeifaddrsp, freeifaddrs)

static int usage_net_add_unique(char ***list, const char *s)
{
	return strv_contains(*list, s) ? 0 : strv_add(list, s);
}

static int usage_net_is_up(const struct usage_set *set, const char *interface, bool *ret)
{
	_cleanup_free_ char *flags = NULL;
	int r;

	r = usage_set_read_value(set, &flags, "sys/class/net/%s/flags", interface);
	if (r < 0)
		return r;
	*ret = flags && (strtoul(flags, NULL, 16) & IFF_UP);
	return 0;
}

/* --- from the top down --- */

static int usage_net_list_lower(const struct usage_set *set, const char *interface, char ***list)
{
	_cleanup_free_ char *path = str_printf("sys/class/net/%s", interface);
	_cleanup_strv_ char **entries = NULL;
	int r;

	if (!path)
		return -ENOMEM;
	r = usage_set_list_dir(set, path, &entries);
	if (r < 0)
		return r;
	STRV_FOREACH(entry, entries) {
		if (!str_starts(*entry, "lower_"))
			continue;
		r = usage_net_add_unique(list, *entry + strlen("lower_"));
		if (r < 0)
			return r;
	}
	return 0;
}

/* Adds an interface. One that is down is not in use. */
static int usage_net_add(struct usage_set *set, const char *interface, const struct usage *usage)
{
	_cleanup_free_ char *link = str_printf("sys/class/net/%s", interface), *key = NULL;
	struct usage own = *usage;
	bool up;
	int r;

	if (!link)
		return -ENOMEM;
	r = usage_set_owner(set, link, &key);
	if (r < 0 || !key)
		return r;
	r = usage_net_is_up(set, interface, &up);
	if (r < 0 || !up)
		return r;
	own.through = (char *)interface;
	return usage_set_add(set, key, &own);
}

/* Adds a usage to all devices that @interface needs. */
static int usage_net_add_with_lower(struct usage_set *set, const char *interface, const char *kind,
				    const char *what)
{
	struct usage usage = {
		.kind = (char *)kind, .what = (char *)what, .pid = -1, .source = USAGE_OF_NET
	};
	_cleanup_strv_ char **todo = NULL;
	int r;

	r = strv_add(&todo, interface);
	if (r < 0)
		return r;
	/* The list grows while it is read. It holds each name once, so a circle ends. */
	for (size_t i = 0; i < strv_length(todo); i++) {
		r = usage_net_add(set, todo[i], &usage);
		if (r < 0)
			return r;
		r = usage_net_list_lower(set, todo[i], &todo);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- default routes --- */

static int usage_net_on_route(const char *interface, const char *gateway, void *userdata)
{
	_cleanup_free_ char *what =
		gateway ? str_printf("%s, by way of %s", interface, gateway) : strdup(interface);

	if (!what)
		return -ENOMEM;
	return usage_net_add_with_lower(userdata, interface, USAGE_DEFAULT_ROUTE, what);
}

/* --- addresses --- */

/* Excludes addresses that an interface assigns to itself. */
static bool usage_net_is_global(const struct sockaddr *address, char text[INET6_ADDRSTRLEN])
{
	if (address->sa_family == AF_INET) {
		struct in_addr in = ((const struct sockaddr_in *)address)->sin_addr;
		uint32_t host = ntohl(in.s_addr);

		inet_ntop(AF_INET, &in, text, INET6_ADDRSTRLEN);
		return host >> 24 != 127 && host >> 16 != 0xa9fe;
	}
	if (address->sa_family == AF_INET6) {
		const struct in6_addr *in = &((const struct sockaddr_in6 *)address)->sin6_addr;

		inet_ntop(AF_INET6, in, text, INET6_ADDRSTRLEN);
		return !IN6_IS_ADDR_LOOPBACK(in) && !IN6_IS_ADDR_LINKLOCAL(in);
	}
	return false;
}

static int usage_net_add_address(struct usage_set *set, const struct ifaddrs *address)
{
	_cleanup_free_ char *what = NULL;
	char text[INET6_ADDRSTRLEN];

	if (!address->ifa_addr || !(address->ifa_flags & IFF_UP) ||
	    !usage_net_is_global(address->ifa_addr, text))
		return 0;
	what = str_printf("address %s of %s", text, address->ifa_name);
	if (!what)
		return -ENOMEM;
	return usage_net_add_with_lower(set, address->ifa_name, USAGE_NETWORK_UP, what);
}

static int usage_net_read_addresses(struct usage_set *set)
{
	_cleanup_(freeifaddrsp) struct ifaddrs *addresses = NULL;

	if (getifaddrs(&addresses) < 0)
		return errno == ENOMEM ? -ENOMEM : 0;
	for (const struct ifaddrs *address = addresses; address; address = address->ifa_next) {
		int r = usage_net_add_address(set, address);

		if (r < 0)
			return r;
	}
	return 0;
}

/* --- ports --- */

static int usage_net_read_port(struct usage_set *set, const char *name)
{
	_cleanup_free_ char *link = str_printf("sys/class/net/%s/master", name);
	_cleanup_free_ char *master = NULL, *what = NULL;
	struct usage usage = { .kind = (char *)USAGE_NETWORK_UP,
			       .pid = -1,
			       .source = USAGE_OF_NET };

	if (!link)
		return -ENOMEM;
	if (sysfs_read_link(set->root->fd, link, &master) < 0)
		return 0;
	usage.what = what = str_printf("port of %s", master);
	if (!what)
		return -ENOMEM;
	return usage_net_add(set, name, &usage);
}

/* Adds a port of a bridge: it forwards for others, even if the host has no address there. */
static int usage_net_read_ports(struct usage_set *set)
{
	_cleanup_strv_ char **names = NULL;
	int r;

	r = usage_set_list_dir(set, "sys/class/net", &names);
	if (r < 0)
		return r;
	STRV_FOREACH(name, names) {
		r = usage_net_read_port(set, *name);
		if (r < 0)
			return r;
	}
	return 0;
}

int usage_net_read(struct usage_set *set)
{
	int r;

	/* A host without a network stack has no routes to lose: all other errors are ignored. */
	r = routes_read_default(usage_net_on_route, set);
	if (r == -ENOMEM)
		return r;
	r = usage_net_read_addresses(set);
	if (r < 0)
		return r;
	return usage_net_read_ports(set);
}
