/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Answers questions of lab scripts about the host's state, and wakes them when it may have changed.
 * One process of it runs as long as the guest, so a script that waits starts no program.
 *
 * It listens on the loopback interface, where a shell can connect (/dev/tcp). A connection brings
 * one line, words with the separator 0x1f between them, and gets one line: "yes" or "no", a blank,
 * and a text. The words of a question:
 *
 * property SERVICE PATH INTERFACE NAME: the value, in the form of busctl: s "available". Or "no",
 * and the name of the error.
 *
 * ping: whether devgroupd answers. owner NAME: whether the bus name has an owner. snapshot
 * EXPRESSION: whether a device of devgroupd's snapshot matches; its text begins with "address".
 *
 * uid FILE: "yes" and the number of the file's owner.
 *
 * grep EXPRESSION FILE: whether a line of the file matches the extended regular expression. kernel
 * EXPRESSION: whether a line of the kernel's log does. count EXPRESSION FILE: "yes" and the number
 * of such lines.
 *
 * pause MILLISECONDS: the answer comes with the next signal of devgroupd on the bus, or when the
 * time is over.
 *
 * The connection to the bus lasts from the first question about it until some seconds after the
 * last one: no script pays for signals that it does not wait for.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <regex.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#define PORT 1
#define NAME "org.devgroups1"
#define SEPARATOR "\x1f"
#define DEVICE_START "\"address\":"
#define WORDS_MAX 5
#define LINE_SIZE 65536
#define IDLE_USEC (5 * UINT64_C(1000000))

struct client {
	int fd;
	char line[LINE_SIZE];
	size_t length;
	bool is_paused, has_expression;
	regex_t expression;
	sd_event_source *input;
	sd_event_source *timer;
	sd_bus_slot *call;
	struct client *next;
};

static sd_event *event;
static sd_bus *bus;
static sd_event_source *idle;
static struct client *clients;

static void die(const char *what, int r)
{
	fprintf(stderr, "lab-watch: %s: %s\n", what, strerror(-r));
	exit(EXIT_FAILURE);
}

/* --- clients --- */
static void client_free(struct client *c)
{
	struct client **at = &clients;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	sd_event_source_disable_unref(c->input);
	sd_event_source_disable_unref(c->timer);
	sd_bus_slot_unref(c->call);
	if (c->has_expression)
		regfree(&c->expression);
	close(c->fd);
	free(c);
}

/* Sends the answer and ends the connection. */
static void client_answer(struct client *c, bool yes, const char *text)
{
	(void)!dprintf(c->fd, "%s %s\n", yes ? "yes" : "no", text);
	client_free(c);
}

static void wake_paused(void)
{
	struct client *next;

	for (struct client *c = clients; c; c = next) {
		next = c->next;
		if (c->is_paused)
			client_answer(c, true, "");
	}
}

/* --- values in the form of busctl --- */
static void print_text(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '\n')
			fputs("\\n", out);
		else if (*text == '"' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
	}
	fputc('"', out);
}

static int print_basic(FILE *out, sd_bus_message *m, char type)
{
	union {
		uint8_t u8;
		int16_t s16;
		uint16_t u16;
		int32_t s32;
		uint32_t u32;
		int64_t s64;
		uint64_t u64;
		double real;
		const char *text;
	} value;
	int r;

	r = sd_bus_message_read_basic(m, type, &value);
	if (r < 0)
		return r;
	fputc(' ', out);
	switch (type) {
	case SD_BUS_TYPE_BYTE:
		return fprintf(out, "%" PRIu8, value.u8);
	case SD_BUS_TYPE_BOOLEAN:
		return fputs(value.s32 ? "true" : "false", out);
	case SD_BUS_TYPE_INT16:
		return fprintf(out, "%" PRId16, value.s16);
	case SD_BUS_TYPE_UINT16:
		return fprintf(out, "%" PRIu16, value.u16);
	case SD_BUS_TYPE_INT32:
		return fprintf(out, "%" PRId32, value.s32);
	case SD_BUS_TYPE_UINT32:
		return fprintf(out, "%" PRIu32, value.u32);
	case SD_BUS_TYPE_INT64:
		return fprintf(out, "%" PRId64, value.s64);
	case SD_BUS_TYPE_UINT64:
		return fprintf(out, "%" PRIu64, value.u64);
	case SD_BUS_TYPE_DOUBLE:
		return fprintf(out, "%g", value.real);
	case SD_BUS_TYPE_UNIX_FD:
		return fprintf(out, "%" PRId32, value.s32);
	default:
		print_text(out, value.text);
		return 0;
	}
}

static int print_values(FILE *out, sd_bus_message *m);

static int print_container(FILE *out, sd_bus_message *m, char type, const char *contents)
{
	unsigned count = 0;
	int r;

	if (type == SD_BUS_TYPE_ARRAY) {
		r = sd_bus_message_enter_container(m, type, contents);
		for (; r >= 0 && sd_bus_message_at_end(m, false) == 0; count++)
			r = sd_bus_message_skip(m, contents);
		if (r >= 0)
			r = sd_bus_message_rewind(m, false);
		fprintf(out, " %u", count);
	} else {
		r = sd_bus_message_enter_container(m, type, contents);
		if (type == SD_BUS_TYPE_VARIANT)
			fprintf(out, " %s", contents);
	}
	if (r >= 0)
		r = print_values(out, m);
	if (r >= 0)
		r = sd_bus_message_exit_container(m);
	return r;
}

static int print_values(FILE *out, sd_bus_message *m)
{
	const char *contents;
	char type;
	int r;

	while ((r = sd_bus_message_peek_type(m, &type, &contents)) > 0) {
		if (contents)
			r = print_container(out, m, type, contents);
		else
			r = print_basic(out, m, type);
		if (r < 0)
			return r;
	}
	return r;
}

/* --- the bus --- */
static int on_reply(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct client *c = userdata;
	char *text = NULL;
	size_t size;
	FILE *out;
	int r;

	(void)error;
	if (sd_bus_message_is_method_error(m, NULL)) {
		client_answer(c, false, sd_bus_message_get_error(m)->name);
		return 0;
	}
	out = open_memstream(&text, &size);
	if (!out)
		die("memory", -errno);
	r = print_values(out, m);
	fclose(out);
	client_answer(c, r >= 0, text[0] ? text + 1 : text);
	free(text);
	return 0;
}

static int on_owner(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	int has_owner = 0;

	(void)error;
	if (sd_bus_message_read(m, "b", &has_owner) < 0)
		has_owner = 0;
	client_answer(userdata, has_owner, "");
	return 0;
}

/* Makes the text of each device a line. */
static int on_snapshot(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct client *c = userdata;
	const char *text, *next;
	unsigned count = 0;
	size_t length;
	char *device;

	(void)error;
	if (sd_bus_message_read(m, "s", &text) < 0)
		text = "";
	for (text = strstr(text, DEVICE_START); text; text = next) {
		next = strstr(text + 1, DEVICE_START);
		length = next ? (size_t)(next - text) : strlen(text);
		device = strndup(text, length);
		if (!device)
			die("memory", -ENOMEM);
		count += regexec(&c->expression, device, 0, NULL, 0) == 0;
		free(device);
	}
	client_answer(c, count > 0, "");
	return 0;
}

static int on_signal(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	(void)m;
	(void)userdata;
	(void)error;
	wake_paused();
	return 0;
}

static void bus_close(void)
{
	bus = sd_bus_flush_close_unref(bus);
	idle = sd_event_source_disable_unref(idle);
}

/* Keeps the connection while a question needs it. */
static int on_idle(sd_event_source *source, uint64_t now, void *userdata)
{
	(void)now;
	(void)userdata;
	for (struct client *c = clients; c; c = c->next)
		if (c->call || c->is_paused) {
			sd_event_source_set_time_relative(source, IDLE_USEC);
			return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
		}
	bus_close();
	return 0;
}

static int bus_open(void)
{
	int r;

	/* A connection that the bus has closed does not come back. */
	if (bus && !sd_bus_is_open(bus))
		bus_close();
	if (bus)
		return sd_event_source_set_time_relative(idle, IDLE_USEC);
	r = sd_bus_open_system(&bus);
	if (r >= 0)
		r = sd_bus_attach_event(bus, event, SD_EVENT_PRIORITY_NORMAL);
	if (r >= 0)
		r = sd_bus_match_signal_async(bus, NULL, NAME, NULL, NULL, NULL, on_signal, NULL,
					      NULL);
	if (r >= 0)
		r = sd_bus_add_match_async(bus, NULL,
					   "type='signal',member='NameOwnerChanged',arg0='" NAME
					   "',sender='org.freedesktop.DBus'",
					   on_signal, NULL, NULL);
	if (r >= 0)
		r = sd_event_add_time_relative(event, &idle, CLOCK_MONOTONIC, IDLE_USEC, 0, on_idle,
					       NULL);
	if (r < 0)
		bus_close();
	return r;
}

/* --- questions --- */
/*
 * Calls a method without a start of the service by the bus. A script starts the daemon itself, with
 * its own options, and another one that the bus starts at the same time would take its place.
 * @strings are the two arguments, or NULL.
 */
static int call_running(struct client *c, const char *name, const char *path, const char *interface,
			const char *member, sd_bus_message_handler_t handler,
			const char *const *strings)
{
	sd_bus_message *call = NULL;
	int r;

	r = sd_bus_message_new_method_call(bus, &call, name, path, interface, member);
	if (r >= 0 && strings)
		r = sd_bus_message_append(call, "ss", strings[0], strings[1]);
	if (r >= 0)
		r = sd_bus_message_set_auto_start(call, false);
	if (r >= 0)
		r = sd_bus_call_async(bus, &c->call, call, handler, c, 0);
	sd_bus_message_unref(call);
	return r;
}

static int ask_bus(struct client *c, const char *const *words)
{
	int r;

	r = bus_open();
	if (r < 0)
		return r;
	if (strcmp(words[0], "owner") == 0)
		return sd_bus_call_method_async(bus, &c->call, "org.freedesktop.DBus",
						"/org/freedesktop/DBus", "org.freedesktop.DBus",
						"NameHasOwner", on_owner, c, "s", words[1]);
	if (strcmp(words[0], "ping") == 0)
		return call_running(c, NAME, "/org/devgroups1", "org.freedesktop.DBus.Peer", "Ping",
				    on_reply, NULL);
	if (strcmp(words[0], "snapshot") == 0)
		return call_running(c, NAME, "/org/devgroups1", NAME ".Manager", "Snapshot",
				    on_snapshot, NULL);
	return call_running(c, words[1], words[2], "org.freedesktop.DBus.Properties", "Get",
			    on_reply, words + 3);
}

/* Returns how many lines of the file match. */
static unsigned count_in_file(const char *path, const regex_t *expression)
{
	unsigned count = 0;
	char *line = NULL;
	size_t size = 0;
	FILE *in;

	in = fopen(path, "re");
	if (!in)
		return 0;
	while (getline(&line, &size, in) >= 0) {
		line[strcspn(line, "\n")] = '\0';
		if (regexec(expression, line, 0, NULL, 0) == 0)
			count++;
	}
	free(line);
	fclose(in);
	return count;
}

/* The kernel gives one record a read: "PRIORITY,NUMBER,TIME,FLAGS;TEXT\n". */
static unsigned count_in_kernel_log(const regex_t *expression)
{
	char record[8192], *text;
	unsigned count = 0;
	ssize_t length;
	int fd;

	fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return 0;
	while ((length = read(fd, record, sizeof(record) - 1)) >= 0 || errno == EPIPE) {
		if (length < 0)
			continue;
		record[length] = '\0';
		text = strchr(record, ';');
		if (!text)
			continue;
		text[strcspn(text, "\n")] = '\0';
		if (regexec(expression, text + 1, 0, NULL, 0) == 0)
			count++;
	}
	close(fd);
	return count;
}

static void ask_lines(struct client *c, const char *const *words)
{
	unsigned count;
	char text[16];

	if (strcmp(words[0], "kernel") == 0)
		count = count_in_kernel_log(&c->expression);
	else
		count = count_in_file(words[2], &c->expression);
	snprintf(text, sizeof(text), "%u", count);
	client_answer(c, count > 0 || strcmp(words[0], "count") == 0, text);
}

static void ask_uid(struct client *c, const char *path)
{
	struct stat status;
	char text[16];

	if (stat(path, &status) < 0) {
		client_answer(c, false, strerror(errno));
		return;
	}
	snprintf(text, sizeof(text), "%u", status.st_uid);
	client_answer(c, true, text);
}

static int on_time(sd_event_source *source, uint64_t now, void *userdata)
{
	(void)source;
	(void)now;
	client_answer(userdata, true, "");
	return 0;
}

static bool is_one_of(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(word, *words) == 0)
			return true;
	return false;
}

static void ask(struct client *c)
{
	static const char *const about_lines[] = { "grep", "count", "kernel", NULL };
	static const char *const with_expression[] = { "grep", "count", "kernel", "snapshot",
						       NULL };
	const char *words[WORDS_MAX] = { "", "", "", "", "" };
	char *rest = c->line;
	int r = 0;

	for (unsigned i = 0; i < WORDS_MAX && rest; i++)
		words[i] = strsep(&rest, SEPARATOR);
	if (is_one_of(words[0], with_expression)) {
		c->has_expression = !regcomp(&c->expression, words[1], REG_EXTENDED | REG_NOSUB);
		if (!c->has_expression) {
			client_answer(c, false, "no expression");
			return;
		}
	}
	if (is_one_of(words[0], about_lines)) {
		ask_lines(c, words);
		return;
	}
	if (strcmp(words[0], "uid") == 0) {
		ask_uid(c, words[1]);
		return;
	}
	if (strcmp(words[0], "pause") == 0) {
		c->is_paused = true;
		r = sd_event_add_time_relative(event, &c->timer, CLOCK_MONOTONIC,
					       strtoull(words[1], NULL, 10) * 1000, 1000, on_time,
					       c);
	} else {
		r = ask_bus(c, words);
	}
	if (r < 0)
		client_answer(c, false, strerror(-r));
}

static int on_input(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct client *c = userdata;
	ssize_t count;
	char *end;

	(void)source;
	(void)revents;
	count = recv(fd, c->line + c->length, sizeof(c->line) - 1 - c->length, 0);
	if (count <= 0) {
		client_free(c);
		return 0;
	}
	c->length += (size_t)count;
	end = memchr(c->line, '\n', c->length);
	if (end) {
		*end = '\0';
		sd_event_source_set_enabled(c->input, SD_EVENT_OFF);
		ask(c);
	}
	return 0;
}

static int on_connection(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct client *c;
	int r;

	(void)source;
	(void)revents;
	(void)userdata;
	c = calloc(1, sizeof(*c));
	if (!c)
		die("memory", -ENOMEM);
	c->fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	if (c->fd < 0) {
		free(c);
		return 0;
	}
	c->next = clients;
	clients = c;
	r = sd_event_add_io(event, &c->input, c->fd, EPOLLIN, on_input, c);
	if (r < 0)
		client_free(c);
	return 0;
}

int main(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons(PORT),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int r, fd, yes = 1;

	signal(SIGPIPE, SIG_IGN);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, SOMAXCONN) < 0)
		die("socket", -errno);
	r = sd_event_default(&event);
	if (r >= 0)
		r = sd_event_add_io(event, NULL, fd, EPOLLIN, on_connection, NULL);
	if (r >= 0)
		r = sd_event_loop(event);
	if (r < 0)
		die("event loop", r);
	return EXIT_SUCCESS;
}
