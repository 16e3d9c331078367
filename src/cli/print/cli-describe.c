/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <time.h>

#include "base/str.h"
#include "base/strv.h"
#include "cli/print/cli-describe.h"
#include "model/device-bus.h"

/* Returns "8086" also for "0x8086", which is what the daemon writes. */
static const char *cli_describe_hex_id(json_object *device, const char *key)
{
	const char *id = cli_json_get_str(device, key);

	return str_starts(id, "0x") ? id + 2 : id;
}

char *cli_describe_device(json_object *device)
{
	const char *vendor = cli_json_get_str(device, "vendor-name"),
		   *name = cli_json_get_str(device, "device-name");
	const char *class = cli_json_get_str(device, "class-name");
	const struct device_bus *bus;

	if (!str_empty(vendor) && !str_empty(name))
		return str_printf("%s %s", vendor, name);
	if (!str_empty(cli_json_get_str(device, "vendor")))
		return str_printf("%s [%s:%s]", str_empty(class) ? "PCI device" : class,
				  cli_describe_hex_id(device, "vendor"),
				  cli_describe_hex_id(device, "device"));
	if (!str_empty(cli_json_get_str(device, "mdev-type")))
		return str_printf("%s of %s", cli_json_get_str(device, "mdev-type"),
				  cli_json_get_str(device, "mdev-parent"));
	bus = device_bus_find(cli_json_get_str(device, "bus"));
	return bus->name ? strdup(bus->noun) :
			   str_printf("%s device", cli_json_get_str(device, "bus"));
}

char *cli_describe_id(json_object *device)
{
	if (str_empty(cli_json_get_str(device, "vendor")))
		return strdup("");
	return str_printf("%s:%s", cli_describe_hex_id(device, "vendor"),
			  cli_describe_hex_id(device, "device"));
}

char *cli_describe_size(uint64_t bytes)
{
	static const char units[] = "BKMGTPE";
	uint64_t whole = bytes, rest = 0;
	size_t unit = 0;

	for (; whole >= 1024; unit++) {
		rest = whole % 1024;
		whole /= 1024;
	}
	if (rest * 10 / 1024 > 0)
		return str_printf("%llu.%llu%c", (unsigned long long)whole,
				  (unsigned long long)(rest * 10 / 1024), units[unit]);
	return str_printf("%llu%c", (unsigned long long)whole, units[unit]);
}

/* Returns the second word of "net/eth0 MAC" or "block/nvme0n1 BYTES" for people, or "". */
static char *cli_describe_detail(const char *name)
{
	const char *blank = strchr(name, ' ');
	uint64_t bytes;

	if (!blank)
		return strdup("");
	if (str_starts(name, "block/") && str_parse_u64(blank + 1, 10, UINT64_MAX, &bytes) >= 0)
		return cli_describe_size(bytes);
	return strdup(blank + 1);
}

/* Returns "eth0", with a blank and the detail behind it if @details. */
static char *cli_describe_name(const char *name, bool details)
{
	_cleanup_free_ char *detail = details ? cli_describe_detail(name) : strdup("");
	const char *slash = strchr(name, '/');

	if (!detail)
		return NULL;
	name = slash ? slash + 1 : name;
	return str_printf("%.*s%s%s", (int)strcspn(name, " "), name, *detail ? " " : "", detail);
}

/* A controller is left out beside its disks. */
static bool cli_describe_is_redundant(json_object *names, const char *name)
{
	return str_starts(name, "nvme/") && cli_json_list_length(names) > 1;
}

static char *cli_describe_join(json_object *names, char *(*describe)(const char *name))
{
	_cleanup_strv_ char **words = NULL;

	for (size_t i = 0; i < cli_json_list_length(names); i++) {
		const char *name = cli_json_list_str(names, i);
		_cleanup_free_ char *word = NULL;

		if (cli_describe_is_redundant(names, name))
			continue;
		word = describe(name);
		if (!word || (*word && strv_add(&words, word) < 0))
			return NULL;
	}
	return strv_join(words, ", ");
}

static char *cli_describe_short_name(const char *name)
{
	return cli_describe_name(name, false);
}

static char *cli_describe_full_name(const char *name)
{
	return cli_describe_name(name, true);
}

char *cli_describe_names(json_object *names, bool details)
{
	return cli_describe_join(names, details ? cli_describe_full_name : cli_describe_short_name);
}

char *cli_describe_details(json_object *names)
{
	return cli_describe_join(names, cli_describe_detail);
}

json_object *cli_describe_definition(json_object *group)
{
	json_object *groups = NULL, *definition = NULL;

	json_object_object_get_ex(group, "definition", &groups);
	json_object_object_get_ex(groups, "groups", &groups);
	json_object_object_get_ex(groups, cli_json_get_str(group, "name"), &definition);
	return definition;
}

char *cli_describe_driver(json_object *device)
{
	const char *driver = cli_json_get_str(device, "driver"),
		   *host = cli_json_get_str(device, "host-driver");
	const char *current = str_empty(driver) ? "no driver" : driver;

	if (str_empty(host) || str_eq(driver, host))
		return strdup(current);
	return str_printf("%s (host driver %s)", current, host);
}

static int64_t cli_describe_number_at(json_object *numbers, size_t i)
{
	return json_object_get_int64(json_object_array_get_idx(numbers, i));
}

/* Returns "11" or "11-14": the numbers from @first to @last. */
static char *cli_describe_range(int64_t first, int64_t last)
{
	if (first == last)
		return str_printf("%lld", (long long)first);
	return str_printf("%lld-%lld", (long long)first, (long long)last);
}

char *cli_describe_numbers(json_object *numbers)
{
	size_t n = cli_json_list_length(numbers), last;
	_cleanup_strv_ char **words = NULL;

	for (size_t i = 0; i < n; i = last + 1) {
		int64_t first = cli_describe_number_at(numbers, i);
		_cleanup_free_ char *word = NULL;

		last = i;
		while (last + 1 < n && cli_describe_number_at(numbers, last + 1) ==
					       cli_describe_number_at(numbers, last) + 1)
			last++;
		/* "11,12" is as short as "11-12", and easier to read. */
		if (last == i + 1)
			last = i;
		word = cli_describe_range(first, cli_describe_number_at(numbers, last));
		if (!word || strv_add(&words, word) < 0)
			return NULL;
	}
	return strv_join(words, ",");
}

static char *cli_describe_age(uint64_t seconds)
{
	if (seconds < 60)
		return str_printf("%us ago", (unsigned)seconds);
	if (seconds < 3600)
		return str_printf("%umin ago", (unsigned)(seconds / 60));
	if (seconds < 86400)
		return str_printf("%uh %umin ago", (unsigned)(seconds / 3600),
				  (unsigned)(seconds % 3600 / 60));
	return str_printf("%u days ago", (unsigned)(seconds / 86400));
}

char *cli_describe_since(uint64_t since)
{
	time_t then = (time_t)(since / 1000000), now = time(NULL);
	_cleanup_free_ char *distance = NULL;
	char text[64];
	struct tm tm;

	if (!localtime_r(&then, &tm) ||
	    strftime(text, sizeof(text), "%a %Y-%m-%d %H:%M:%S %Z", &tm) == 0)
		return strdup("?");
	distance = cli_describe_age(now > then ? (uint64_t)(now - then) : 0);
	if (!distance)
		return NULL;
	return str_printf("%s; %s", text, distance);
}
