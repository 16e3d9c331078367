/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

#include "base/str.h"
#include "sys/usage/routes.h"

/* A message: a default route over the loopback interface, number 1. */
struct message {
	struct nlmsghdr header;
	struct rtmsg route;
	struct rtattr interface;
	int number;
	struct rtattr gateway;
	unsigned char address[16];
};

static struct message make_message(unsigned char family, unsigned short address_size)
{
	struct message message = {
		.header = { .nlmsg_type = RTM_NEWROUTE,
			    .nlmsg_len =
				    (unsigned)offsetof(struct message, address) + address_size },
		.route = { .rtm_family = family, .rtm_type = RTN_UNICAST },
		.interface = { RTA_LENGTH(sizeof(int)), RTA_OIF },
		.number = 1,
		.gateway = { (unsigned short)RTA_LENGTH(address_size), RTA_GATEWAY },
		.address = { 192, 0, 2, 1 },
	};

	return message;
}

static int add_route(const char *interface, const char *gateway, void *userdata)
{
	char *seen = userdata;

	strcat(strcat(strcat(strcat(seen, interface), " "), str_or(gateway, "-")), "\n");
	return 0;
}

/* Parses the first @size bytes of @messages. */
static void check_routes(const struct message *messages, size_t size, const char *expected)
{
	struct message copy[2];
	char seen[128] = "";

	memcpy(copy, messages, sizeof(copy));
	ck_assert_int_eq(routes_parse((char *)copy, size, add_route, seen), 0);
	ck_assert_str_eq(seen, expected);
}

START_TEST(test_routes_of_both_families)
{
	struct message messages[2] = { make_message(AF_INET, 4), make_message(AF_INET6, 16) };

	check_routes(messages, messages[0].header.nlmsg_len, "lo 192.0.2.1\n");
	messages[0] = messages[1];
	check_routes(messages, sizeof(struct message), "lo c000:201::\n");
}
END_TEST

START_TEST(test_short_attributes_are_ignored)
{
	struct message messages[2] = { make_message(AF_INET6, 4), make_message(AF_INET, 3) };

	check_routes(messages, messages[0].header.nlmsg_len, "lo -\n");
	messages[0] = messages[1];
	check_routes(messages, messages[0].header.nlmsg_len, "lo -\n");
	messages[0].interface.rta_len = RTA_LENGTH(sizeof(int)) - 1;
	check_routes(messages, messages[0].header.nlmsg_len, "");
}
END_TEST

/* The second message is behind the bytes that the kernel sent. */
START_TEST(test_message_without_padding_is_the_last)
{
	struct message messages[2] = { make_message(AF_INET6, 14), make_message(AF_INET, 4) };

	check_routes(messages, messages[0].header.nlmsg_len, "lo -\n");
	check_routes(messages, sizeof(messages), "lo -\nlo 192.0.2.1\n");
}
END_TEST

SUITE("routes", test_routes_of_both_families, test_short_attributes_are_ignored,
      test_message_without_padding_is_the_last)
