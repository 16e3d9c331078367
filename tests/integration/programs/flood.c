/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A client of org.devgroups1 that does too much, and one that measures what others notice of it.
 *
 *	flood calls METHOD,... CONNECTIONS OUTSTANDING SECONDS
 *		makes calls, so many at a time over so many connections. The connections take turns
 *		with the methods. Prints "started" when all calls are on their way, and in the end a
 *		line for each kind of answer: the error, or "ok", their number, and the last text.
 *	flood matches CONNECTIONS RULES SECONDS
 *		asks the bus for so many match rules over so many connections.
 *	flood claims CONNECTIONS OUTSTANDING SECONDS
 *		makes claims of nic0 that wait in line, prints "waiting" when all are there, and
 *		then as "calls".
 *	flood quiet METHOD NUMBER
 *		makes calls that want no answer, and waits until the daemon has handled them.
 *	flood twice
 *		releases the group twice over one connection without waiting for the first answer.
 *		Prints the errors of both, "ok" for none.
 *	flood forge NAME
 *		tells the daemon, in the name of the bus, that the connection NAME has left.
 *	flood ping SECONDS PID...
 *	flood run SECONDS PID...
 *		calls Ping, or claims and releases nic0, until the time is over. Prints "wall" and
 *		"cpu", each with the median, the 95th percentile and the maximum in ms, and the
 *		number of measurements. "cpu" is the time that the processes PID have worked
 *		between a call and its answer, which does not depend on the load of the machine.
 *
 * The group is nic0, or $FLOOD_GROUP.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>

#define NAME "org.devgroups1"
#define PATH "/org/devgroups1"
#define IFACE "org.devgroups1.Manager"
#define BUS "org.freedesktop.DBus"
#define MOST_KINDS 16
#define MOST_MEASURED 100000

struct method {
	const char *name, *interface;
	int (*append)(sd_bus_message *call);
};

/* A connection that calls one method, again after each answer. */
struct caller {
	sd_bus *bus;
	const struct method *method;
};

static sd_event *event;
static const char *group;

static int append_none(sd_bus_message *call)
{
	return 0;
}

static int append_group(sd_bus_message *call)
{
	return sd_bus_message_append(call, "sa{sv}", group, 0);
}

static int append_group_and_wait(sd_bus_message *call)
{
	return sd_bus_message_append(call, "sa{sv}", group, 1, "wait", "t",
				     (uint64_t)3600 * 1000000);
}

static int append_plan(sd_bus_message *call)
{
	return sd_bus_message_append(call, "ssa{sv}", group, "claim", 0);
}

static const struct method methods[] = {
	{ "Ping", BUS ".Peer", append_none },
	{ "GetManagedObjects", BUS ".ObjectManager", append_none },
	{ "ListGroups", IFACE, append_none },
	{ "Snapshot", IFACE, append_none },
	{ "Plan", IFACE, append_plan },
	{ "Claim", IFACE, append_group },
	{ "Release", IFACE, append_group },
	{ "Reset", IFACE, append_group },
	{ "Reload", IFACE, append_none },
};
#define MOST_METHODS (sizeof(methods) / sizeof(methods[0]))
static const struct method waiting_claim = { "Claim", IFACE, append_group_and_wait };

static struct {
	char *name;
	unsigned n;
	char text[512];
} kinds[MOST_KINDS];

static void check(int r, const char *what)
{
	if (r >= 0)
		return;
	fprintf(stderr, "flood: %s: %s\n", what, strerror(-r));
	exit(EXIT_FAILURE);
}

/* Waits until the connection is on the bus: dbus-daemon lets few wait for that. */
static sd_bus *open_bus(void)
{
	const char *name;
	sd_bus *bus;

	check(sd_bus_open_system(&bus), "connect");
	check(sd_bus_set_method_call_timeout(bus, UINT64_MAX), "timeout");
	check(sd_bus_get_unique_name(bus, &name), "connect");
	return bus;
}

/* --- too much --- */

static void count(const char *name, const char *text)
{
	unsigned i = 0;

	while (i < MOST_KINDS - 1 && kinds[i].name && strcmp(kinds[i].name, name) != 0)
		i++;
	if (!kinds[i].name)
		kinds[i].name = strdup(name);
	kinds[i].n++;
	snprintf(kinds[i].text, sizeof(kinds[i].text), "%s", text);
}

static int on_answer(sd_bus_message *reply, void *userdata, sd_bus_error *error);

static void make_call(struct caller *caller)
{
	sd_bus_message *call = NULL;

	check(sd_bus_message_new_method_call(caller->bus, &call, NAME, PATH,
					     caller->method->interface, caller->method->name),
	      "call");
	check(caller->method->append(call), "call");
	check(sd_bus_call_async(caller->bus, NULL, call, on_answer, caller, UINT64_MAX), "call");
	sd_bus_message_unref(call);
}

static int on_answer(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const sd_bus_error *failure = sd_bus_message_get_error(reply);

	count(failure ? failure->name : "ok", failure ? failure->message : "");
	make_call(userdata);
	return 0;
}

static int on_time(sd_event_source *source, uint64_t usec, void *userdata)
{
	return sd_event_exit(event, 0);
}

static void run_for(const char *seconds)
{
	check(sd_event_add_time_relative(event, NULL, CLOCK_MONOTONIC,
					 (uint64_t)atoi(seconds) * 1000000, 0, on_time, NULL),
	      "timer");
	check(sd_event_loop(event), "loop");
	for (unsigned i = 0; i < MOST_KINDS && kinds[i].name; i++)
		printf("%s %u %s\n", kinds[i].name, kinds[i].n, kinds[i].text);
}

static struct caller *open_caller(const struct method *method)
{
	struct caller *caller = calloc(1, sizeof(*caller));

	caller->bus = open_bus();
	caller->method = method;
	check(sd_bus_attach_event(caller->bus, event, 0), "attach");
	return caller;
}

static void start_caller(struct caller *caller, const char *outstanding)
{
	for (int i = 0; i < atoi(outstanding); i++)
		make_call(caller);
	check(sd_bus_flush(caller->bus), "flush");
}

/* Finds the methods of a list. Returns their number. */
static int find_methods(char *list, const struct method **ret)
{
	int n = 0;

	for (char *name = strtok(list, ","); name && n < (int)MOST_METHODS;
	     name = strtok(NULL, ",")) {
		size_t i = 0;

		while (i < MOST_METHODS && strcmp(methods[i].name, name) != 0)
			i++;
		check(i < MOST_METHODS ? 0 : -EINVAL, name);
		ret[n++] = &methods[i];
	}
	return n;
}

static void flood_calls(char *argv[])
{
	const struct method *wanted[MOST_METHODS];
	int n = find_methods(argv[2], wanted), connections = atoi(argv[3]);
	struct caller **callers = calloc((size_t)connections, sizeof(*callers));

	/* a busy bus would take long to let the last ones in */
	for (int i = 0; i < connections; i++)
		callers[i] = open_caller(wanted[i % n]);
	for (int i = 0; i < connections; i++)
		start_caller(callers[i], argv[4]);
	free(callers);
	puts("started");
	fflush(stdout);
	run_for(argv[5]);
}

static void flood_claims(char *argv[])
{
	sd_bus *bus;

	for (int i = 0; i < atoi(argv[2]); i++)
		start_caller(open_caller(&waiting_claim), argv[3]);
	/* the daemon has all calls when it answers one that came after them */
	bus = open_bus();
	check(sd_bus_call_method(bus, NAME, PATH, BUS ".Peer", "Ping", NULL, NULL, NULL), "ping");
	puts("waiting");
	fflush(stdout);
	run_for(argv[4]);
}

static int on_signal(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	return 0;
}

static void flood_matches(char *argv[])
{
	for (int i = 0; i < atoi(argv[2]); i++) {
		sd_bus *bus = open_bus();

		check(sd_bus_attach_event(bus, event, 0), "attach");
		for (int j = 0; j < atoi(argv[3]); j++) {
			char rule[128];

			snprintf(rule, sizeof(rule), "type='signal',sender='" NAME "',arg%d='%d'",
				 j % 64, j);
			check(sd_bus_add_match(bus, NULL, rule, on_signal, NULL), "match");
		}
	}
	puts("started");
	fflush(stdout);
	run_for(argv[4]);
}

/* The daemon handles the calls of a connection in their order. */
static void wait_for_daemon(sd_bus *bus)
{
	check(sd_bus_call_method(bus, NAME, PATH, BUS ".Peer", "Ping", NULL, NULL, NULL), "ping");
}

static void call_quietly(char *argv[])
{
	const struct method *method;
	sd_bus *bus = open_bus();

	find_methods(argv[2], &method);
	for (int i = 0; i < atoi(argv[3]); i++) {
		sd_bus_message *call = NULL;

		check(sd_bus_message_new_method_call(bus, &call, NAME, PATH, method->interface,
						     method->name),
		      "call");
		check(method->append(call), "call");
		check(sd_bus_message_set_expect_reply(call, false), "call");
		check(sd_bus_send(bus, call, NULL), "call");
		sd_bus_message_unref(call);
		if (i % 100 == 99)
			wait_for_daemon(bus);
	}
	wait_for_daemon(bus);
}

static int on_released(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const sd_bus_error *failure = sd_bus_message_get_error(reply);
	int *left = userdata;

	printf("%s\n", failure ? failure->name : "ok");
	fflush(stdout);
	return --*left > 0 ? 0 : sd_event_exit(event, 0);
}

static void release_twice(void)
{
	int left = 2;
	sd_bus *bus = open_bus();

	check(sd_bus_attach_event(bus, event, 0), "attach");
	for (int i = 0; i < 2; i++)
		check(sd_bus_call_method_async(bus, NULL, NAME, PATH, IFACE, "Release", on_released,
					       &left, "sa{sv}", group, 1, "wait", "t", UINT64_MAX),
		      "call");
	check(sd_event_loop(event), "loop");
}

static void forge(char *argv[])
{
	sd_bus_message *signal = NULL;
	sd_bus *bus = open_bus();

	check(sd_bus_message_new_signal(bus, &signal, "/org/freedesktop/DBus", BUS,
					"NameOwnerChanged"),
	      "signal");
	check(sd_bus_message_append(signal, "sss", argv[2], argv[2], ""), "signal");
	check(sd_bus_message_set_destination(signal, NAME), "signal");
	check(sd_bus_send(bus, signal, NULL), "signal");
	/* the bus handles the messages of a connection in their order */
	check(sd_bus_call_method(bus, BUS, "/org/freedesktop/DBus", BUS, "GetId", NULL, NULL, NULL),
	      "flush");
}

/* --- measurements --- */

struct measured {
	uint64_t wall[MOST_MEASURED], cpu[MOST_MEASURED]; /* nanoseconds */
	size_t n;
};

static uint64_t now_nsec(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* Returns how long the processes have run: the first number of schedstat (sched-stats.rst). */
static uint64_t cpu_nsec(char *const *pids)
{
	uint64_t sum = 0;

	for (; *pids; pids++) {
		char path[64], text[64] = "";
		int fd;

		snprintf(path, sizeof(path), "/proc/%s/schedstat", *pids);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		check(fd < 0 ? -errno : 0, path);
		check(read(fd, text, sizeof(text) - 1) < 0 ? -errno : 0, path);
		close(fd);
		sum += strtoull(text, NULL, 10);
	}
	return sum;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void print_times(const char *name, uint64_t *times, size_t n)
{
	qsort(times, n, sizeof(*times), compare);
	printf("%s %.1f %.1f %.1f %zu\n", name, (double)times[n / 2] / 1e6,
	       (double)times[n * 95 / 100] / 1e6, (double)times[n - 1] / 1e6, n);
}

static void ping(sd_bus *bus)
{
	check(sd_bus_call_method(bus, NAME, PATH, BUS ".Peer", "Ping", NULL, NULL, NULL), "ping");
}

static void claim(sd_bus *bus)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = NULL;
	int r = sd_bus_call_method(bus, NAME, PATH, IFACE, "Claim", &error, &reply, "sa{sv}", group,
				   0);

	check(r, error.message ? error.message : "claim");
	sd_bus_message_unref(reply); /* closes the lease */
}

static void release(sd_bus *bus)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;

	check(sd_bus_call_method(bus, NAME, PATH, IFACE, "Release", &error, NULL, "sa{sv}", group,
				 1, "wait", "t", (uint64_t)60 * 1000000),
	      error.message ? error.message : "release");
}

static void measure(char *argv[], void (*work)(sd_bus *bus), void (*rest)(sd_bus *bus))
{
	uint64_t end = now_nsec() + (uint64_t)atoi(argv[2]) * 1000000000;
	struct measured *measured = calloc(1, sizeof(*measured));
	struct timespec pause = { .tv_nsec = 20000000 };
	sd_bus *bus = open_bus();
	size_t least = 3;

	/* so many that the first, which may come while a flood begins, does not count */
	while ((measured->n < least || now_nsec() < end) && measured->n < MOST_MEASURED) {
		uint64_t cpu = cpu_nsec(argv + 3), wall = now_nsec();

		work(bus);
		measured->wall[measured->n] = now_nsec() - wall;
		measured->cpu[measured->n++] = cpu_nsec(argv + 3) - cpu;
		if (rest)
			rest(bus);
		nanosleep(&pause, NULL);
	}
	print_times("wall", measured->wall, measured->n);
	print_times("cpu", measured->cpu, measured->n);
}

int main(int argc, char *argv[])
{
	const char *what = argc > 1 ? argv[1] : "";

	group = getenv("FLOOD_GROUP") ?: "nic0";
	check(sd_event_default(&event), "event loop");
	if (argc == 6 && strcmp(what, "calls") == 0)
		flood_calls(argv);
	else if (argc == 5 && strcmp(what, "claims") == 0)
		flood_claims(argv);
	else if (argc == 5 && strcmp(what, "matches") == 0)
		flood_matches(argv);
	else if (argc == 4 && strcmp(what, "quiet") == 0)
		call_quietly(argv);
	else if (argc == 2 && strcmp(what, "twice") == 0)
		release_twice();
	else if (argc == 3 && strcmp(what, "forge") == 0)
		forge(argv);
	else if (argc >= 3 && strcmp(what, "ping") == 0)
		measure(argv, ping, NULL);
	else if (argc >= 3 && strcmp(what, "run") == 0)
		measure(argv, claim, release);
	else
		check(-EINVAL, "arguments");
	return EXIT_SUCCESS;
}
