/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The daemon devgroupd: command line, event loop, start and end. */

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>

#include "base/log.h"
#include "bus/bus-introspect.h"
#include "bus/connection.h"
#include "daemon/loop-watch.h"
#include "daemon/manager.h"
#include "daemon/options.h"

static int devgroupd_on_hangup(sd_event_source *source, const struct signalfd_siginfo *info,
			       void *userdata)
{
	(void)sd_notify(false, "RELOADING=1");
	/* errors are logged, and the previous definitions stay in force */
	(void)(manager_reload(userdata) < 0);
	(void)sd_notify(false, "READY=1");
	return 0;
}

/* Has the event loop take the signals, so that a stop frees all memory. */
static int devgroupd_watch_signals(sd_event *event, struct manager *manager)
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
	if (r < 0)
		return r;
	r = sd_event_add_signal(event, NULL, SIGINT, NULL, NULL);
	if (r < 0)
		return r;
	return sd_event_add_signal(event, NULL, SIGHUP, devgroupd_on_hangup, manager);
}

static int devgroupd_serve(sd_event *event, struct manager *manager, const char *bus_address)
{
	_cleanup_(connection_freep) struct connection *connection = NULL;
	int r;

	r = manager_start(manager);
	if (r < 0)
		return r;
	r = connection_new(event, manager, bus_address, &connection);
	if (r < 0)
		return r;
	(void)sd_event_set_watchdog(event, true);
	(void)loop_watch_start(event);
	(void)sd_notify(false, "READY=1");
	r = sd_event_loop(event);
	(void)sd_notify(false, "STOPPING=1");
	if (r < 0)
		return log_error_errno(r, "The event loop failed");
	return 0;
}

static int devgroupd_run(const struct options *options)
{
	_cleanup_(sd_event_unrefp) sd_event *event = NULL;
	_cleanup_(host_freep) struct host *host = NULL;
	_cleanup_(manager_freep) struct manager *manager = NULL;
	int r = sd_event_default(&event);

	if (r < 0)
		return log_error_errno(r, "Cannot create the event loop");
	r = host_new(event, &options->host, &host);
	if (r < 0)
		return r;
	r = manager_new(host, (const char *const *)options->config_dirs, &options->limits,
			&manager);
	if (r < 0)
		return r;
	r = devgroupd_watch_signals(event, manager);
	if (r < 0)
		return log_error_errno(r, "Cannot watch for signals");
	return devgroupd_serve(event, manager, options->bus_address);
}

static int devgroupd_execute(const struct options *options)
{
	if (options->introspect)
		return bus_introspect_print(options->introspect, stdout);
	if (options->done)
		return 0;
	return devgroupd_run(options);
}

int main(int argc, char *argv[])
{
	_cleanup_(options_clear) struct options options = { .log_level = LOG_INFO,
							    .limits = LIMITS_DEFAULT };

	if (options_parse(argc, argv, &options) < 0)
		return EXIT_FAILURE;
	umask(0022);
	log_init(options.log_level);
	return devgroupd_execute(&options) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
