/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Which interfaces the host's network needs: those with the default route or an address,
 * and what is below them through bridges, bonds, VLANs and whatever else the kernel links with its
 * lower interface.
 */

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

static int usage_net_add_unique(char ***list, const char *s)
{
	return strv_contains(*list, s) ? 0 : strv_add(list, s);
}

static int usage_net_is_up(const struct usage_set *set, const char *interface, bool *ret)
{
	_cleanup_free_ char *flags = NULL;
	int r = usage_set_read_value(set, &flags, "sys/class/net/%s/flags", interface);

	*ret = flags && (strtoul(flags, NULL, 16) & IFF_UP);
	return r;
}

/* --- from the top down --- */

static int usage_net_list_lower(const struct usage_set *set, const char *interface, char ***list)
{
	_cleanup_free_ char *path = str_printf("sys/class/net/%s", interface);
	_cleanup_strv_ char **entries = NULL;
	int r = path ? usage_set_list_dir(set, path, &entries) : -ENOMEM;

	STRV_FOREACH(entry, entries)
		if (r >= 0 && str_starts(*entry, "lower_"))
			r = usage_net_add_unique(list, *entry + strlen("lower_"));
	return r;
}

/* An interface that is down is no part of it. */
static int usage_net_add(struct usage_set *set, const char *interface, const struct usage *usage)
{
	_cleanup_free_ char *link = str_printf("sys/class/net/%s", interface), *key = NULL;
	struct usage own = *usage;
	bool up = false;
	int r = link ? usage_set_owner(set, link, &key) : -ENOMEM;

	if (r >= 0 && key)
		r = usage_net_is_up(set, interface, &up);
	if (r < 0 || !up)
		return r;
	own.through = (char *)interface;
	return usage_set_add(set, key, &own);
}

/* Says of all devices that @interface needs that they are used. */
static int usage_net_add_with_lower(struct usage_set *set, const char *interface, const char *kind,
				    const char *what)
{
	struct usage usage = {
		.kind = (char *)kind, .what = (char *)what, .pid = -1, .source = USAGE_OF_NET
	};
	_cleanup_strv_ char **todo = NULL;
	int r = strv_add(&todo, interface);

	/* a list that grows while it is read: each name once */
	for (size_t i = 0; r >= 0 && i < strv_length(todo); i++) {
		r = usage_net_add(set, todo[i], &usage);
		if (r >= 0)
			r = usage_net_list_lower(set, todo[i], &todo);
	}
	return r;
}

/* --- default routes --- */

static int usage_net_on_route(const char *interface, const char *gateway, void *userdata)
{
	_cleanup_free_ char *what =
		gateway ? str_printf("%s, by way of %s", interface, gateway) : strdup(interface);

	return what ? usage_net_add_with_lower(userdata, interface, USAGE_DEFAULT_ROUTE, what) :
		      -ENOMEM;
}

/* --- addresses --- */

/* Not those that an interface gives itself. */
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
	return what ? usage_net_add_with_lower(set, address->ifa_name, USAGE_NETWORK_UP, what) :
		      -ENOMEM;
}

static int usage_net_read_addresses(struct usage_set *set)
{
	struct ifaddrs *addresses = NULL;
	int r = 0;

	if (getifaddrs(&addresses) < 0)
		return errno == ENOMEM ? -ENOMEM : 0;
	for (const struct ifaddrs *address = addresses; address && r >= 0;
	     address = address->ifa_next)
		r = usage_net_add_address(set, address);
	freeifaddrs(addresses);
	return r;
}

/* --- ports --- */

/* A port of a bridge forwards for others, whether the host has an address there or not. */
static int usage_net_read_ports(struct usage_set *set)
{
	_cleanup_strv_ char **names = NULL;
	int r = usage_set_list_dir(set, "sys/class/net", &names);

	STRV_FOREACH(name, names) {
		_cleanup_free_ char *link = NULL, *master = NULL, *what = NULL;
		struct usage usage = { .kind = (char *)USAGE_NETWORK_UP,
				       .pid = -1,
				       .source = USAGE_OF_NET };

		if (r < 0)
			break;
		link = str_printf("sys/class/net/%s/master", *name);
		if (!link)
			return -ENOMEM;
		if (sysfs_read_link(set->root->fd, link, &master) < 0)
			continue;
		usage.what = what = str_printf("port of %s", master);
		r = what ? usage_net_add(set, *name, &usage) : -ENOMEM;
	}
	return r;
}

int usage_net_read(struct usage_set *set)
{
	int r = routes_read_default(usage_net_on_route, set);

	/* a host without a network stack has no routes to lose */
	if (r == -ENOMEM)
		return r;
	r = usage_net_read_addresses(set);
	return r < 0 ? r : usage_net_read_ports(set);
}
