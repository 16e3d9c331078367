/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-id128.h>

#include "base/str.h"
#include "fuzz-bus-peer.h"
#include "model/dbus-names.h"

#define MAX_DEPTH 8
#define MAX_ELEMENTS 16

static const struct {
	const char *word, *text;
} peer_paths[] = {
	{ "M", DG_OBJECT_PATH },
	{ "F", DG_GROUP_PREFIX "/free" },
	{ "H", DG_GROUP_PREFIX "/held" },
	{ "D", DG_DEVICE_PREFIX "/_3000_3a01_3a00_2e0" },
	{ "L", DG_LEASE_PREFIX "/_30123456789abcdef" },
}, peer_interfaces[] = {
	{ "M", DG_IFACE_MANAGER },
	{ "G", DG_IFACE_GROUP },
	{ "D", DG_IFACE_DEVICE },
	{ "L", DG_IFACE_LEASE },
	{ "P", "org.freedesktop.DBus.Properties" },
	{ "O", "org.freedesktop.DBus.ObjectManager" },
	{ "I", "org.freedesktop.DBus.Introspectable" },
	{ "B", "org.freedesktop.DBus" },
};

enum polkit { POLKIT_NO, POLKIT_YES, POLKIT_PASSWORD, POLKIT_ERROR, POLKIT_SILENT };
static const char *const polkit_words[] = { "no", "yes", "password", "error", "silent" };

struct fuzz_bus_peer {
	sd_bus *bus;
	enum polkit polkit;
};

/* --- the bus itself --- */

/* Client 0 is root, client 1 may claim the group "free", client 2 holds "held". */
static uint32_t peer_uid(const char *name)
{
	return str_starts(name, ":1.0") ? 0 : 1000 + (uint32_t)name[strlen(":1.")] % 4;
}

/* Client 9 leaves before the bus can tell who it is, and client 8 is of no user. */
static int peer_reply_credentials(sd_bus_message *call, const char *name)
{
	if (str_eq(name, ":1.9"))
		return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_NAME_HAS_NO_OWNER, "gone");
	if (str_eq(name, ":1.8"))
		return sd_bus_reply_method_return(call, "a{sv}", 1, "LinuxSecurityLabel", "s", "x");
	return sd_bus_reply_method_return(call, "a{sv}", 2, "UnixUserID", "u", peer_uid(name),
					  "ProcessID", "u", 4711);
}

static int peer_reply_polkit(const struct fuzz_bus_peer *peer, sd_bus_message *call)
{
	switch (peer->polkit) {
	case POLKIT_SILENT:
		return 1;
	case POLKIT_ERROR:
		return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_SERVICE_UNKNOWN, "gone");
	default:
		return sd_bus_reply_method_return(call, "(bba{ss})", peer->polkit == POLKIT_YES,
						  peer->polkit == POLKIT_PASSWORD, 0);
	}
}

/* Answers the daemon: it asks the bus, polkit and logind. */
static int on_peer_message(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	const char *member = sd_bus_message_get_member(message), *name = "";
	struct fuzz_bus_peer *peer = userdata;

	if (!sd_bus_message_is_method_call(message, NULL, NULL))
		return 0;
	if (str_eq(member, "Hello"))
		return sd_bus_reply_method_return(message, "s", ":1.100");
	if (str_eq(member, "CheckAuthorization"))
		return peer_reply_polkit(peer, message);
	(void)sd_bus_message_read(message, "s", &name);
	if (str_eq(member, "GetConnectionCredentials"))
		return peer_reply_credentials(message, name);
	if (str_eq(member, "AddMatch") || str_eq(member, "RemoveMatch"))
		return sd_bus_reply_method_return(message, NULL);
	return sd_bus_reply_method_errorf(message, SD_BUS_ERROR_UNKNOWN_METHOD, "no %s", member);
}

/* --- values --- */

static char *peer_next_word(char **rest)
{
	return strtok_r(NULL, " ", rest);
}

/* Decodes "%20" in place. */
static const char *peer_decode(char *word)
{
	char *to = word;

	for (const char *from = word; *from; from++) {
		unsigned code;

		if (*from == '%' && sscanf(from + 1, "%2x", &code) == 1 && code && from[2]) {
			*to++ = (char)code;
			from += 2;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
	return word;
}

static bool peer_append(sd_bus_message *message, const char **types, char **rest, unsigned depth);

/* Returns the length of the first complete type of @types, 0 if there is none. */
static size_t peer_type_length(const char *types)
{
	int depth = 0;
	size_t n = 0;

	for (; types[n]; n++) {
		depth += types[n] == '(' || types[n] == '{';
		depth -= types[n] == ')' || types[n] == '}';
		if (depth == 0 && types[n] != 'a')
			return n + 1;
	}
	return 0;
}

static bool peer_append_inside(sd_bus_message *message, const char *types, char **rest,
			       unsigned depth)
{
	while (*types)
		if (!peer_append(message, &types, rest, depth + 1))
			return false;
	return sd_bus_message_close_container(message) >= 0;
}

static bool peer_append_array(sd_bus_message *message, const char **types, char **rest,
			      unsigned depth)
{
	char inside[64];
	size_t n = peer_type_length(*types + 1);
	char *word = peer_next_word(rest);
	unsigned count = word ? (unsigned)atoi(word) % MAX_ELEMENTS : 0;

	if (n == 0 || n >= sizeof(inside))
		return false;
	memcpy(inside, *types + 1, n);
	inside[n] = '\0';
	*types += n + 1;
	if (sd_bus_message_open_container(message, 'a', inside) < 0)
		return false;
	for (unsigned i = 0; i < count; i++) {
		const char *element = inside;

		if (!peer_append(message, &element, rest, depth + 1))
			return false;
	}
	return sd_bus_message_close_container(message) >= 0;
}

static bool peer_append_struct(sd_bus_message *message, const char **types, char **rest,
			       unsigned depth)
{
	char inside[64];
	size_t n = peer_type_length(*types);

	if (n < 3 || n >= sizeof(inside))
		return false;
	memcpy(inside, *types + 1, n - 2);
	inside[n - 2] = '\0';
	if (sd_bus_message_open_container(message, **types == '{' ? 'e' : 'r', inside) < 0)
		return false;
	*types += n;
	return peer_append_inside(message, inside, rest, depth);
}

static bool peer_append_number(sd_bus_message *message, char type, const char *word)
{
	uint64_t number = strtoull(word, NULL, 0);
	double real = (double)number;
	int truth = number != 0, fd;
	bool done;

	if (type == 'd')
		return sd_bus_message_append_basic(message, type, &real) >= 0;
	if (type == 'b')
		return sd_bus_message_append_basic(message, type, &truth) >= 0;
	if (type != 'h')
		return sd_bus_message_append_basic(message, type, &number) >= 0;
	fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	done = sd_bus_message_append_basic(message, type, &fd) >= 0;
	close(fd);
	return done;
}

/* Appends the value of the first type, and moves @types behind it. False: it cannot be sent. */
static bool peer_append(sd_bus_message *message, const char **types, char **rest, unsigned depth)
{
	char type = **types, *word;

	if (depth > MAX_DEPTH)
		return false;
	if (type == 'a')
		return peer_append_array(message, types, rest, depth);
	if (type == '(' || type == '{')
		return peer_append_struct(message, types, rest, depth);
	(*types)++;
	word = peer_next_word(rest);
	if (!word)
		return false;
	if (type == 'v')
		return sd_bus_message_open_container(message, 'v', word) >= 0 &&
		       peer_append_inside(message, word, rest, depth);
	if (strchr("sog", type))
		return sd_bus_message_append_basic(message, type, peer_decode(word)) >= 0;
	return strchr("ynqiuxtdbh", type) && peer_append_number(message, type, word);
}

/* --- messages --- */

static const char *peer_path(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(peer_paths); i++)
		if (str_eq(word, peer_paths[i].word))
			return peer_paths[i].text;
	return word;
}

static const char *peer_interface(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(peer_interfaces); i++)
		if (str_eq(word, peer_interfaces[i].word))
			return peer_interfaces[i].text;
	return word;
}

/* Sets the sender, and the flags that the character behind it asks for. */
static bool peer_set_sender(sd_bus_message *message, const char *sender)
{
	char name[] = ":1.x";

	if (str_starts(sender, "bus"))
		return sd_bus_message_set_sender(message, "org.freedesktop.DBus") >= 0;
	name[3] = sender[0];
	if (strchr(sender, '-'))
		assert(sd_bus_message_set_expect_reply(message, false) >= 0);
	if (strchr(sender, '+'))
		assert(sd_bus_message_set_allow_interactive_authorization(message, true) >= 0);
	return sd_bus_message_set_sender(message, name) >= 0;
}

static int peer_new_message(const struct fuzz_bus_peer *peer, const char *sender, char **rest,
			    sd_bus_message **ret)
{
	const char *path = peer_next_word(rest), *interface = peer_next_word(rest),
		   *member = peer_next_word(rest);

	if (!path || !interface || !member)
		return -1;
	path = peer_path(path);
	interface = peer_interface(interface);
	if (strchr(sender, '!'))
		return sd_bus_message_new_signal(peer->bus, ret, path, interface, member);
	return sd_bus_message_new_method_call(peer->bus, ret, DG_BUS_NAME, path, interface, member);
}

static void peer_send(const struct fuzz_bus_peer *peer, const char *sender, char **rest)
{
	sd_bus_message *message = NULL;
	const char *types;

	if ((sender[0] >= '0' && sender[0] <= '9') || str_starts(sender, "bus"))
		(void)peer_new_message(peer, sender, rest, &message);
	types = str_or(peer_next_word(rest), "");
	while (message && *types)
		if (!peer_append(message, &types, rest, 0))
			message = sd_bus_message_unref(message);
	if (message && peer_set_sender(message, sender))
		(void)sd_bus_send(peer->bus, message, NULL);
	sd_bus_message_unref(message);
}

static void peer_run_line(struct fuzz_bus_peer *peer, char *line)
{
	char *rest = NULL, *word = strtok_r(line, " ", &rest);

	if (str_eq(word, "polkit")) {
		int answer = str_index(polkit_words, ARRAY_SIZE(polkit_words),
				       str_or(peer_next_word(&rest), ""));

		peer->polkit = answer < 0 ? POLKIT_NO : (enum polkit)answer;
	} else if (word) {
		peer_send(peer, word, &rest);
	}
}

char *fuzz_bus_peer_send(struct fuzz_bus_peer *peer, char *script)
{
	char *line;

	while ((line = strsep(&script, "\n")) && *line)
		peer_run_line(peer, line);
	return script;
}

/* --- life --- */

struct fuzz_bus_peer *fuzz_bus_peer_new(int fd)
{
	struct fuzz_bus_peer *peer = calloc(1, sizeof(*peer));
	sd_id128_t id = { .bytes = { 1 } };

	assert(peer);
	assert(sd_bus_new(&peer->bus) >= 0);
	assert(sd_bus_set_fd(peer->bus, fd, fd) >= 0);
	assert(sd_bus_set_server(peer->bus, 1, id) >= 0);
	assert(sd_bus_set_anonymous(peer->bus, 1) >= 0);
	assert(sd_bus_set_trusted(peer->bus, 1) >= 0);
	assert(sd_bus_negotiate_fds(peer->bus, 1) >= 0);
	assert(sd_bus_add_filter(peer->bus, NULL, on_peer_message, peer) >= 0);
	assert(sd_bus_start(peer->bus) >= 0);
	return peer;
}

struct fuzz_bus_peer *fuzz_bus_peer_free(struct fuzz_bus_peer *peer)
{
	sd_bus_flush_close_unref(peer->bus);
	free(peer);
	return NULL;
}

bool fuzz_bus_peer_process(struct fuzz_bus_peer *peer)
{
	return sd_bus_process(peer->bus, NULL) > 0;
}
