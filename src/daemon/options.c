/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Parses the command line of devgroupd. Prints only help, version and its own errors. */

#include <errno.h>
#include <getopt.h>

#include "base/log.h"
#include "base/str.h"
#include "base/strv.h"
#include "daemon/options.h"
#include "model/dbus-names.h"
#include "sys/fault.h"

static void options_show_help(void)
{
	puts("devgroupd [OPTION...]\n"
	     "\n"
	     "Assigns groups of devices to virtual machines and other users, and takes them back.\n"
	     "Serves " DG_BUS_NAME " on the system bus.\n"
	     "\n"
	     "  -h --help                 print this help\n"
	     "     --version              print the version\n"
	     "     --config-dir=DIR       read definitions from DIR instead of /etc/devgroups.d,\n"
	     "                            /run/devgroups.d and /usr/lib/devgroups.d; may be "
	     "repeated,\n"
	     "                            the highest precedence first\n"
	     "     --run-dir=DIR          keep the records of leases in DIR (/run/devgroups)\n"
	     "     --root=DIR             take the files below DIR for those of the host\n"
	     "     --bus-address=ADDRESS  serve the bus at ADDRESS instead of the system bus\n"
	     "     --step-timeout=SECONDS deadline of one kernel operation; after it the group is\n"
	     "                            stuck (20)\n"
	     "     --max-leases=N            limit of claims, held or waiting (1000)\n"
	     "     --max-leases-per-user=N   limit for one user other than root (64)\n"
	     "     --max-waiting=N           limit of claims that wait in line (1000)\n"
	     "     --max-waiting-per-user=N  limit for one user other than root (32)\n"
	     "     --log-level=LEVEL      err, warning, notice, info or debug\n"
	     "     --bus-introspect=NAME  print the D-Bus interface NAME as XML\n"
	     "\n"
	     "See devgroupd(8).");
}

static int options_parse_log_level(const char *s, int *ret)
{
	static const char *const names[] = { "emerg",	"alert",  "crit", "err",
					     "warning", "notice", "info", "debug" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq(names[i], s)) {
			*ret = (int)i;
			return 0;
		}
	return -EINVAL;
}

static int options_parse_seconds(const char *s, uint64_t *ret_usec)
{
	uint64_t seconds;
	int r = str_parse_u64(s, 10, 86400, &seconds);

	if (r < 0 || seconds == 0)
		return -EINVAL;
	*ret_usec = seconds * 1000000;
	return 0;
}

enum {
	OPT_VERSION = 256,
	OPT_CONFIG_DIR,
	OPT_RUN_DIR,
	OPT_ROOT,
	OPT_BUS_ADDRESS,
	OPT_STEP_TIMEOUT,
	OPT_MAX_LEASES,
	OPT_MAX_LEASES_PER_USER,
	OPT_MAX_WAITING,
	OPT_MAX_WAITING_PER_USER,
	OPT_LOG_LEVEL,
	OPT_INTROSPECT,
	OPT_FAULT_DIR,
	OPT_NO_OVERRIDE,
};

static int options_parse_one(int option, const char *value, struct options *options)
{
	switch (option) {
	case 'h':
		options_show_help();
		options->done = true;
		return 0;
	case OPT_VERSION:
		puts("devgroupd " DG_VERSION);
		options->done = true;
		return 0;
	case OPT_CONFIG_DIR:
		return strv_add(&options->config_dirs, value);
	case OPT_RUN_DIR:
		options->host.run_dir = value;
		return 0;
	case OPT_ROOT:
		options->host.root = value;
		return 0;
	case OPT_BUS_ADDRESS:
		options->bus_address = value;
		return 0;
	case OPT_STEP_TIMEOUT:
		return options_parse_seconds(value, &options->host.step_usec);
	case OPT_MAX_LEASES:
		return str_parse_uint(value, &options->limits.leases);
	case OPT_MAX_LEASES_PER_USER:
		return str_parse_uint(value, &options->limits.leases_per_user);
	case OPT_MAX_WAITING:
		return str_parse_uint(value, &options->limits.waiting);
	case OPT_MAX_WAITING_PER_USER:
		return str_parse_uint(value, &options->limits.waiting_per_user);
	case OPT_LOG_LEVEL:
		return options_parse_log_level(value, &options->log_level);
	case OPT_INTROSPECT:
		options->introspect = value;
		return 0;
#ifdef DG_FAULT_INJECTION /* Hidden, for tests: sys/fault.h describes both. */
	case OPT_NO_OVERRIDE:
		fault_hide_driver_override();
		return 0;
	case OPT_FAULT_DIR:
		fault_use_directory(value);
		return 0;
#endif
	default:
		return -EINVAL;
	}
}

int options_parse(int argc, char *argv[], struct options *options)
{
	static const struct option table[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, OPT_VERSION },
		{ "config-dir", required_argument, NULL, OPT_CONFIG_DIR },
		{ "run-dir", required_argument, NULL, OPT_RUN_DIR },
		{ "root", required_argument, NULL, OPT_ROOT },
		{ "bus-address", required_argument, NULL, OPT_BUS_ADDRESS },
		{ "step-timeout", required_argument, NULL, OPT_STEP_TIMEOUT },
		{ "max-leases", required_argument, NULL, OPT_MAX_LEASES },
		{ "max-leases-per-user", required_argument, NULL, OPT_MAX_LEASES_PER_USER },
		{ "max-waiting", required_argument, NULL, OPT_MAX_WAITING },
		{ "max-waiting-per-user", required_argument, NULL, OPT_MAX_WAITING_PER_USER },
		{ "log-level", required_argument, NULL, OPT_LOG_LEVEL },
		{ "bus-introspect", required_argument, NULL, OPT_INTROSPECT },
#ifdef DG_FAULT_INJECTION
		{ "fault-dir", required_argument, NULL, OPT_FAULT_DIR },
		{ "no-driver-override", no_argument, NULL, OPT_NO_OVERRIDE },
#endif
		{ 0 },
	};
	int option, index = -1;

	while ((option = getopt_long(argc, argv, "h", table, &index)) >= 0) {
		int r = options_parse_one(option, optarg, options);

		if (r < 0 && option != '?')
			fprintf(stderr,
				"devgroupd: Invalid value \"%s\" of --%s. See devgroupd --help.\n",
				str_or(optarg, ""), index >= 0 ? table[index].name : "?");
		if (r < 0)
			return r;
	}
	if (optind < argc) {
		fprintf(stderr, "devgroupd: Unexpected argument \"%s\". See devgroupd --help.\n",
			argv[optind]);
		return -EINVAL;
	}
	return 0;
}

void options_clear(struct options *options)
{
	options->config_dirs = strv_free(options->config_dirs);
}
