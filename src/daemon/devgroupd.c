/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Floor 6. devgroupd: event loop, start and end. */

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>

#include "bus.h"
#include "dbus-names.h"
#include "log.h"
#include "options.h"
#include "strutil.h"

static int on_hangup(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
	(void)sd_notify(false, "RELOADING=1");
	/* what went wrong is logged; the definitions that stand stay in force */
	(void)(registry_reload(userdata) < 0);
	(void)sd_notify(false, "READY=1");
	return 0;
}

/* Signals are taken by the event loop, so that what is allocated is freed at the end. */
static int watch_signals(sd_event *event, struct registry *registry)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGCHLD };
	sigset_t mask;
	int r;

	sigemptyset(&mask);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaddset(&mask, signals[i]);
	if (sigprocmask(SIG_BLOCK, &mask, NULL) < 0)
		return -errno;
	r = sd_event_add_signal(event, NULL, SIGTERM, NULL, NULL);
	if (r >= 0)
		r = sd_event_add_signal(event, NULL, SIGINT, NULL, NULL);
	return r < 0 ? r : sd_event_add_signal(event, NULL, SIGHUP, on_hangup, registry);
}

static int connect_bus(sd_event *event, sd_bus **ret)
{
	_cleanup_(sd_bus_unrefp) sd_bus *connection = NULL;
	int r = sd_bus_open_system_with_description(&connection, "devgroupd");

	if (r >= 0)
		r = sd_bus_attach_event(connection, event, 0);
	/* without its bus it serves nobody: the service manager starts it again, and it takes its leases up */
	if (r >= 0)
		r = sd_bus_set_exit_on_disconnect(connection, true);
	if (r < 0)
		return log_error_errno(r, "Cannot connect to the system bus");
	*ret = TAKE_PTR(connection);
	return 0;
}

static int serve(sd_event *event, sd_bus *connection, struct registry *registry)
{
	_cleanup_(bus_freep) struct bus *bus = NULL;
	int r = registry_start(registry);

	if (r < 0)
		return r;
	r = bus_new(connection, registry, &bus);
	if (r < 0)
		return log_error_errno(r, "Cannot register on the bus");
	r = sd_bus_request_name(connection, DG_BUS_NAME, 0);
	if (r < 0)
		return log_error_errno(r, "Cannot own the name %s on the bus", DG_BUS_NAME);
	(void)sd_event_set_watchdog(event, true);
	(void)sd_notify(false, "READY=1");
	r = sd_event_loop(event);
	(void)sd_notify(false, "STOPPING=1");
	return r < 0 ? log_error_errno(r, "The event loop failed") : 0;
}

static int run(const struct options *options)
{
	_cleanup_(sd_event_unrefp) sd_event *event = NULL;
	_cleanup_(host_freep) struct host *host = NULL;
	_cleanup_(registry_freep) struct registry *registry = NULL;
	_cleanup_(sd_bus_flush_close_unrefp) sd_bus *connection = NULL;
	int r = sd_event_default(&event);

	if (r < 0)
		return log_error_errno(r, "Cannot make an event loop");
	r = host_new(event, &options->host, &host);
	if (r < 0)
		return r;
	r = registry_new(host, (const char *const *)options->config_dirs, &registry);
	if (r < 0)
		return r;
	registry_set_limits(registry, &options->limits);
	r = watch_signals(event, registry);
	if (r < 0)
		return log_error_errno(r, "Cannot watch signals");
	r = connect_bus(event, &connection);
	if (r < 0)
		return r;
	return serve(event, connection, registry);
}

int main(int argc, char *argv[])
{
	struct options options = { .log_level = LOG_INFO, .limits = LIMITS_DEFAULT };
	int r = options_parse(argc, argv, &options);

	umask(0022);
	log_init(options.log_level);
	if (r >= 0 && options.introspect)
		r = bus_print_introspection(options.introspect, stdout);
	else if (r >= 0 && !options.done)
		r = run(&options);
	strv_free(options.config_dirs);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
