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
#include "sys/usage/routes.h"
#include "sys/usage/usage-scan.h"

static int add_new(char ***list, const char *s)
{
	return strv_contains(*list, s) ? 0 : strv_add(list, s);
}

static int is_up(const struct usebook *book, const char *interface, bool *ret)
{
	_cleanup_free_ char *flags = NULL;
	int r = uses_value(book, &flags, "sys/class/net/%s/flags", interface);

	*ret = flags && (strtoul(flags, NULL, 16) & IFF_UP);
	return r;
}

/* --- from the top down ------------------------------------------------------------------------- */

static int add_lower(const struct usebook *book, const char *interface, char ***list)
{
	_cleanup_free_ char *path = str_printf("sys/class/net/%s", interface);
	_cleanup_strv_ char **entries = NULL;
	int r = path ? uses_list(book, path, &entries) : -ENOMEM;

	STRV_FOREACH(entry, entries)
		if (r >= 0 && str_starts(*entry, "lower_"))
			r = add_new(list, *entry + strlen("lower_"));
	return r;
}

/* An interface that is down is no part of it. */
static int add_use(struct usebook *book, const char *interface, const struct use *use)
{
	_cleanup_free_ char *link = str_printf("sys/class/net/%s", interface), *key = NULL;
	struct use own = *use;
	bool up = false;
	int r = link ? uses_owner(book, link, &key) : -ENOMEM;

	if (r >= 0 && key)
		r = is_up(book, interface, &up);
	if (r < 0 || !up)
		return r;
	own.through = (char *)interface;
	return usebook_add(book, key, &own);
}

/* Says of all devices that @interface needs that they are used. */
static int add_below(struct usebook *book, const char *interface, const char *kind,
		     const char *what)
{
	struct use use = {
		.kind = (char *)kind, .what = (char *)what, .pid = -1, .source = USE_OF_NET
	};
	_cleanup_strv_ char **todo = NULL;
	int r = strv_add(&todo, interface);

	/* a list that grows while it is read: each name once */
	for (size_t i = 0; r >= 0 && i < strv_length(todo); i++) {
		r = add_use(book, todo[i], &use);
		if (r >= 0)
			r = add_lower(book, todo[i], &todo);
	}
	return r;
}

/* --- default routes ---------------------------------------------------------------------------- */

static int on_route(const char *interface, const char *gateway, void *userdata)
{
	_cleanup_free_ char *what =
		gateway ? str_printf("%s, by way of %s", interface, gateway) : strdup(interface);

	return what ? add_below(userdata, interface, USE_DEFAULT_ROUTE, what) : -ENOMEM;
}

/* --- addresses --------------------------------------------------------------------------------- */

/* Not those that an interface gives itself. */
static bool is_global(const struct sockaddr *address, char text[INET6_ADDRSTRLEN])
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

static int add_address(struct usebook *book, const struct ifaddrs *address)
{
	_cleanup_free_ char *what = NULL;
	char text[INET6_ADDRSTRLEN];

	if (!address->ifa_addr || !(address->ifa_flags & IFF_UP) ||
	    !is_global(address->ifa_addr, text))
		return 0;
	what = str_printf("address %s of %s", text, address->ifa_name);
	return what ? add_below(book, address->ifa_name, USE_NETWORK_UP, what) : -ENOMEM;
}

static int read_addresses(struct usebook *book)
{
	struct ifaddrs *addresses = NULL;
	int r = 0;

	if (getifaddrs(&addresses) < 0)
		return errno == ENOMEM ? -ENOMEM : 0;
	for (const struct ifaddrs *address = addresses; address && r >= 0;
	     address = address->ifa_next)
		r = add_address(book, address);
	freeifaddrs(addresses);
	return r;
}

/* --- ports ------------------------------------------------------------------------------------- */

/* A port of a bridge forwards for others, whether the host has an address there or not. */
static int read_ports(struct usebook *book)
{
	_cleanup_strv_ char **names = NULL;
	int r = uses_list(book, "sys/class/net", &names);

	STRV_FOREACH(name, names) {
		_cleanup_free_ char *link = NULL, *master = NULL, *what = NULL;
		struct use use = { .kind = (char *)USE_NETWORK_UP,
				   .pid = -1,
				   .source = USE_OF_NET };

		if (r < 0)
			break;
		link = str_printf("sys/class/net/%s/master", *name);
		if (!link)
			return -ENOMEM;
		if (sysfs_read_link(book->root->fd, link, &master) < 0)
			continue;
		use.what = what = str_printf("port of %s", master);
		r = what ? add_use(book, *name, &use) : -ENOMEM;
	}
	return r;
}

int uses_read_net(struct usebook *book)
{
	int r = routes_read_default(on_route, book);

	/* a host without a network stack has no routes to lose */
	if (r == -ENOMEM)
		return r;
	r = read_addresses(book);
	return r < 0 ? r : read_ports(book);
}
