/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/bus/cli-bus.h"
#include "cli/print/cli-term.h"
#include "model/dbus-names.h"

#define FREEDESKTOP "org.freedesktop.DBus.Error."

static const char hint_start[] =
	"devgroupd does not run here. To start it: systemctl start devgroupd.service\n"
	"If that fails: journalctl -u devgroupd.service";
static const char hint_lost[] =
	"devgroupd ended before it answered. See: journalctl -u devgroupd.service";

/*
 * The only table from error names to exit statuses. An entry that ends with a dot matches every
 * name that starts with it.
 */
static const struct {
	const char *name;
	enum exit_code code;
	const char *hint; /* the next action of the user; NULL: the daemon's message has it */
} errors[] = {
	{ DG_ERROR_NO_SUCH_GROUP, EXIT_NO_SUCH, NULL },
	{ DG_ERROR_NO_SUCH_DEVICE, EXIT_NO_SUCH, NULL },
	{ DG_ERROR_BUSY, EXIT_BUSY, NULL },
	{ DG_ERROR_IN_USE, EXIT_BUSY, NULL },
	{ DG_ERROR_BLOCKED, EXIT_BLOCKED, NULL },
	{ DG_ERROR_RESERVED, EXIT_BLOCKED, NULL },
	{ DG_ERROR_NOT_HOLDER, EXIT_DENIED, NULL },
	{ DG_ERROR_TIMEOUT, EXIT_TIMEOUT, NULL },
	{ DG_ERROR_STUCK, EXIT_FAILED, NULL },
	{ DG_ERROR_BIND_FAILED, EXIT_FAILED, NULL },
	{ DG_ERROR_RESET_FAILED, EXIT_FAILED, NULL },
	{ DG_ERROR_BAD_OPTION, EXIT_FAILED, NULL },
	{ DG_ERROR_BAD_CONFIG, EXIT_FAILED, NULL },
	{ DG_ERROR_UNSUPPORTED, EXIT_FAILED, NULL },
	{ FREEDESKTOP "AccessDenied", EXIT_DENIED, NULL },
	{ FREEDESKTOP "AuthFailed", EXIT_DENIED, NULL },
	{ FREEDESKTOP "InteractiveAuthorizationRequired", EXIT_DENIED, NULL },
	{ FREEDESKTOP "UnknownObject", EXIT_NO_SUCH, NULL },
	{ FREEDESKTOP "ServiceUnknown", EXIT_FAILED, hint_start },
	{ FREEDESKTOP "NameHasNoOwner", EXIT_FAILED, hint_start },
	{ FREEDESKTOP "Spawn.", EXIT_FAILED, hint_start },
	{ "org.freedesktop.systemd1.", EXIT_FAILED, hint_start },
	{ FREEDESKTOP "NoReply", EXIT_FAILED, hint_lost },
	{ FREEDESKTOP "UnknownMethod", EXIT_FAILED,
	  "devgroupd and devgroupctl have different versions." },
	{ FREEDESKTOP "UnknownInterface", EXIT_FAILED,
	  "devgroupd and devgroupctl have different versions." },
};

static bool cli_bus_error_matches(const char *entry, const char *name)
{
	if (entry[strlen(entry) - 1] == '.')
		return str_starts(name, entry);
	return str_eq(name, entry);
}

static size_t cli_bus_find_error(const char *name)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(errors) && (!name || !cli_bus_error_matches(errors[i].name, name)))
		i++;
	return i;
}

int cli_bus_exit_code(const char *error_name)
{
	size_t i = cli_bus_find_error(error_name);

	return i < ARRAY_SIZE(errors) ? errors[i].code : EXIT_FAILED;
}

int cli_bus_fail(const struct cli *cli, const sd_bus_error *error, int r)
{
	const char *name = error ? error->name : NULL;
	const char *text = error ? error->message : NULL;
	_cleanup_free_ char *clean = NULL;
	size_t i = cli_bus_find_error(name);

	clean = cli_term_clean(str_empty(text) ? (name ? name : strerror(-r)) : text);
	fprintf(stderr, "devgroupctl: %s\n", str_or(clean, "out of memory"));
	if (i < ARRAY_SIZE(errors) && errors[i].hint && !cli->options.quiet)
		fprintf(stderr, "%s\n", errors[i].hint);
	return cli_bus_exit_code(name);
}

static int cli_bus_connect(const struct cli_options *o, sd_bus **ret)
{
	if (o->host)
		return sd_bus_open_system_remote(ret, o->host);
	if (o->machine)
		return sd_bus_open_system_machine(ret, o->machine);
	return sd_bus_open_system(ret);
}

int cli_bus_try_open(struct cli *cli)
{
	int r;

	if (!cli->bus) {
		r = cli_bus_connect(&cli->options, &cli->bus);
		if (r < 0)
			return r;
	}
	return sd_bus_set_allow_interactive_authorization(cli->bus, !cli->options.no_ask_password);
}

int cli_bus_open(struct cli *cli)
{
	const struct cli_options *o = &cli->options;
	int r = cli_bus_try_open(cli);

	if (r < 0) {
		fprintf(stderr, "devgroupctl: cannot connect to the system bus%s%s: %s\n",
			o->host || o->machine ? " of " : "",
			o->host ? o->host : str_or(o->machine, ""), strerror(-r));
		return EXIT_FAILED;
	}
	return 0;
}

int cli_bus_new_call(struct cli *cli, const char *path, const char *iface, const char *method,
		     sd_bus_message **ret)
{
	int r = cli_bus_open(cli);

	if (r)
		return r;
	r = sd_bus_message_new_method_call(cli->bus, ret, DG_BUS_NAME, path, iface, method);
	if (r < 0)
		return cli_fail(r, "cannot build a method call");
	return 0;
}

int cli_bus_try_call(struct cli *cli, sd_bus_message *call, sd_bus_error *error,
		     sd_bus_message **ret_reply)
{
	return sd_bus_call(cli->bus, call, UINT64_MAX, error, ret_reply);
}

int cli_bus_call(struct cli *cli, sd_bus_message *call, sd_bus_message **ret_reply)
{
	_cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	int r = cli_bus_try_call(cli, call, &error, ret_reply);

	if (r < 0)
		return cli_bus_fail(cli, &error, r);
	return 0;
}

int cli_bus_try_lookup(struct cli *cli, const char *method, const char *name, sd_bus_error *error,
		       char **ret_path)
{
	_cleanup_message_ sd_bus_message *reply = NULL;
	const char *path;
	int r;

	r = sd_bus_call_method(cli->bus, DG_BUS_NAME, DG_OBJECT_PATH, DG_IFACE_MANAGER, method,
			       error, &reply, "s", name);
	if (r < 0)
		return r;
	r = sd_bus_message_read(reply, "o", &path);
	if (r < 0)
		return r;
	*ret_path = strdup(path);
	return *ret_path ? 0 : -ENOMEM;
}

int cli_bus_lookup(struct cli *cli, const char *method, const char *name, char **ret_path)
{
	_cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	int r = cli_bus_open(cli);

	if (r)
		return r;
	r = cli_bus_try_lookup(cli, method, name, &error, ret_path);
	if (r < 0)
		return cli_bus_fail(cli, &error, r);
	return 0;
}

int cli_bus_append_option(sd_bus_message *call, const char *key, const char *type,
			  const void *value)
{
	int r;

	if (!value)
		return 0;
	r = sd_bus_message_open_container(call, 'e', "sv");
	if (r < 0)
		return r;
	r = sd_bus_message_append_basic(call, 's', key);
	if (r < 0)
		return r;
	r = sd_bus_message_open_container(call, 'v', type);
	if (r < 0)
		return r;
	r = sd_bus_message_append_basic(call, type[0], value);
	if (r < 0)
		return r;
	r = sd_bus_message_close_container(call);
	if (r < 0)
		return r;
	return sd_bus_message_close_container(call);
}

int cli_bus_append_flag(sd_bus_message *call, const char *key, bool value)
{
	int yes = true;

	return cli_bus_append_option(call, key, "b", value ? &yes : NULL);
}

DEFINE_CLEANUP(sd_bus_creds *, cli_bus_creds_unrefp, sd_bus_creds_unref)

static int cli_bus_get_own_uid(struct cli *cli, uid_t *ret)
{
	_cleanup_(cli_bus_creds_unrefp) sd_bus_creds *creds = NULL;
	const char *name;
	int r;

	r = sd_bus_get_unique_name(cli->bus, &name);
	if (r < 0)
		return r;
	r = sd_bus_get_name_creds(cli->bus, name, SD_BUS_CREDS_EUID, &creds);
	if (r < 0)
		return r;
	return sd_bus_creds_get_euid(creds, ret);
}

int cli_bus_read_array(sd_bus_message *m, const char *contents, cli_bus_reader *read,
		       void *userdata)
{
	int r;

	r = sd_bus_message_enter_container(m, 'a', contents);
	if (r < 0)
		return r;
	while ((r = sd_bus_message_at_end(m, false)) == 0) {
		r = read(m, userdata);
		if (r < 0)
			return r;
	}
	if (r < 0)
		return r;
	return sd_bus_message_exit_container(m);
}

int cli_bus_own_uid(struct cli *cli, uid_t *ret)
{
	int r = cli_bus_get_own_uid(cli, ret);

	if (r < 0)
		return cli_fail(r, "cannot get the user of this connection from the bus");
	return 0;
}
