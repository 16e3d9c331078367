/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The parsers of "devices": an address, or an object with properties that must hold. */

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "model/config/parser.h"
#include "model/device-bus.h"
#include "model/pciaddr.h"

#define NTH_MAX 65535u /* VF indexes have 16 bits; that is enough for all devices of a host too */
#define SERIAL_MAX 128u
#define HEX "0123456789abcdefABCDEF"

/* --- the place --- */

static int parse_selector_address(struct config_parser *p, const struct jsontext_node *value,
				  void *target)
{
	struct selector *selector = target;
	_cleanup_free_ char *full = NULL;
	int r = parse_value_is(p, value, JSONTEXT_STRING);

	if (r <= 0)
		return r;
	if (p->bus && !strchr(value->text, ':')) {
		full = str_printf("%s:%s", p->bus, value->text);
		if (!full)
			return -ENOMEM;
	}
	r = parse_value_key_at(p, value->offset, str_or(full, value->text), &selector->address);
	if (r < 0)
		return r;
	return 0;
}

/* Prints "1c.4", which is read as the end of an address on bus 0. */
static bool parse_selector_print_hop(FILE *out, const char *hop, size_t size)
{
	char address[16], buf[PCIADDR_SIZE];
	struct pciaddr addr;

	if (size != 4)
		return false;
	snprintf(address, sizeof(address), "00:%.4s", hop);
	if (pciaddr_parse(address, &addr) < 0)
		return false;
	fprintf(out, "/%s", pciaddr_format(&addr, buf) + strlen("0000:00:"));
	return true;
}

/* Prints the path with its addresses as sysfs spells them. */
static bool parse_selector_print_path(FILE *out, const char *path)
{
	size_t n = strcspn(path, "/");
	_cleanup_free_ char *root = strndup(path, n);
	char buf[PCIADDR_SIZE];
	struct pciaddr addr;

	if (!root || pciaddr_parse(root, &addr) < 0)
		return false;
	fputs(pciaddr_format(&addr, buf), out);
	for (path += n; *path; path += n) {
		n = strcspn(++path, "/");
		if (!parse_selector_print_hop(out, path, n))
			return false;
	}
	return true;
}

static int parse_selector_normalize_path(const char *path, char **ret)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	bool valid;

	if (!out)
		return -ENOMEM;
	valid = parse_selector_print_path(out, path);
	if (fclose(out) != 0 || !text)
		return -ENOMEM;
	if (!valid)
		return -EINVAL;
	*ret = TAKE_PTR(text);
	return 0;
}

static int parse_selector_path(struct config_parser *p, const struct jsontext_node *value,
			       void *target)
{
	struct selector *selector = target;
	int r = parse_value_is(p, value, JSONTEXT_STRING);

	if (r <= 0)
		return r;
	r = parse_selector_normalize_path(value->text, &selector->path);
	if (r == -EINVAL)
		return parse_value_expected(
			p, value,
			"the address of a device on a root bus and /slot.function for each bus "
			"below, as 0000:00:1c.4/00.0");
	return r;
}

static int parse_selector_vf_of(struct config_parser *p, const struct jsontext_node *value,
				void *target)
{
	struct selector *selector = target;
	struct pciaddr addr;
	int r;

	r = parse_value_key(p, value, &selector->vf_of);
	if (r <= 0)
		return r;
	if (pciaddr_parse(selector->vf_of, &addr) < 0)
		return parse_value_expected(p, value, "the address of a PCI function");
	return 0;
}

static int parse_selector_count(struct config_parser *p, const struct jsontext_node *value,
				int32_t *ret)
{
	uint64_t number;
	int r = parse_value_number(p, value, NTH_MAX, &number);

	if (r <= 0)
		return r;
	*ret = (int32_t)number;
	return 0;
}

static int parse_selector_index(struct config_parser *p, const struct jsontext_node *value,
				void *target)
{
	struct selector *selector = target;

	return parse_selector_count(p, value, &selector->index);
}

/* --- the identity --- */

static int parse_selector_nth(struct config_parser *p, const struct jsontext_node *value,
			      void *target)
{
	struct selector *selector = target;

	return parse_selector_count(p, value, &selector->nth);
}

static int parse_selector_id(struct config_parser *p, const struct jsontext_node *value,
			     int32_t *ret)
{
	uint64_t number;

	if (value->type != JSONTEXT_STRING || strlen(value->text) != 4 ||
	    value->text[strspn(value->text, HEX)] ||
	    str_parse_u64(value->text, 16, UINT16_MAX, &number) < 0)
		return parse_value_expected(p, value, "four hex digits as a string, as \"8086\"");
	*ret = (int32_t)number;
	return 0;
}

static int parse_selector_vendor(struct config_parser *p, const struct jsontext_node *value,
				 void *target)
{
	return parse_selector_id(p, value, &((struct selector *)target)->vendor);
}

static int parse_selector_device(struct config_parser *p, const struct jsontext_node *value,
				 void *target)
{
	return parse_selector_id(p, value, &((struct selector *)target)->device);
}

static int parse_selector_subsystem_vendor(struct config_parser *p,
					   const struct jsontext_node *value, void *target)
{
	return parse_selector_id(p, value, &((struct selector *)target)->subsystem_vendor);
}

static int parse_selector_subsystem_device(struct config_parser *p,
					   const struct jsontext_node *value, void *target)
{
	return parse_selector_id(p, value, &((struct selector *)target)->subsystem_device);
}

static int parse_selector_class(struct config_parser *p, const struct jsontext_node *value,
				void *target)
{
	struct selector *selector = target;
	uint64_t number;
	size_t digits = value->type == JSONTEXT_STRING ? strlen(value->text) : 0;

	if ((digits != 2 && digits != 4 && digits != 6) || value->text[strspn(value->text, HEX)] ||
	    str_parse_u64(value->text, 16, 0xffffff, &number) < 0)
		return parse_value_expected(
			p, value, "two, four or six hex digits as a string, as \"02\" or \"0200\"");
	selector->class_code = (int32_t)number;
	selector->class_digits = (unsigned)digits;
	return 0;
}

static int parse_selector_serial(struct config_parser *p, const struct jsontext_node *value,
				 void *target)
{
	return parse_value_string(p, value, 1, SERIAL_MAX, &((struct selector *)target)->serial);
}

static bool parse_selector_bus_valid(const char *name)
{
	size_t n = strlen(name);

	if (n == 0 || n > 64 || !isalpha((unsigned char)name[0]))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)name[i]) && name[i] != '-' && name[i] != '_')
			return false;
	return true;
}

static int parse_selector_bus(struct config_parser *p, const struct jsontext_node *value,
			      void *target)
{
	struct selector *selector = target;
	int r = parse_value_is(p, value, JSONTEXT_STRING);

	if (r <= 0)
		return r;
	if (!parse_selector_bus_valid(value->text))
		return parse_value_expected(p, value,
					    "the name of a bus, as pci, platform or mdev");
	return str_set(&selector->bus, value->text);
}

static const struct config_key parse_selector_keys[] = {
	{ "address", parse_selector_address },
	{ "path", parse_selector_path },
	{ "vf-of", parse_selector_vf_of },
	{ "index", parse_selector_index },
	{ "bus", parse_selector_bus },
	{ "vendor", parse_selector_vendor },
	{ "device", parse_selector_device },
	{ "subsystem-vendor", parse_selector_subsystem_vendor },
	{ "subsystem-device", parse_selector_subsystem_device },
	{ "class", parse_selector_class },
	{ "serial", parse_selector_serial },
	{ "nth", parse_selector_nth },
};

/* --- the whole --- */

static size_t parse_selector_count_known(const struct jsontext_node *object)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(parse_selector_keys); i++)
		n += jsontext_member(object, parse_selector_keys[i].name) != NULL;
	return n;
}

static int parse_selector_check_nth(struct config_parser *p, const struct jsontext_node *object)
{
	static const char *const places[] = { "address", "path", "vf-of" };
	const struct jsontext_node *nth = jsontext_member(object, "nth");

	if (!nth)
		return 0;
	if (parse_selector_count_known(object) == 1)
		return parse_value_error(p, nth->key_offset,
					 "\"nth\" chooses among the devices that match: "
					 "expected at least one other property");
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (jsontext_member(object, places[i]))
			return parse_value_error(
				p, nth->key_offset,
				"\"nth\" has no choice where \"%s\" names one device", places[i]);
	return 0;
}

static int parse_selector_check_vf(struct config_parser *p, const struct jsontext_node *object)
{
	const struct jsontext_node *vf_of = jsontext_member(object, "vf-of");
	const struct jsontext_node *index = jsontext_member(object, "index");

	if (vf_of && !index)
		return parse_value_error(p, vf_of->key_offset,
					 "\"vf-of\" needs \"index\" beside it: which of "
					 "the virtual functions, from 0");
	if (index && !vf_of)
		return parse_value_error(p, index->key_offset,
					 "\"index\" needs \"vf-of\" beside it: the address "
					 "of the physical function");
	return 0;
}

static bool parse_selector_is_on_bus(const char *key, const char *bus)
{
	const struct device_bus *row = device_bus_of_key(key);

	if (row->bare_key)
		return str_eq(bus, row->name);
	return str_starts(key, bus) && key[strlen(bus)] == ':';
}

static int parse_selector_check_bus(struct config_parser *p, const struct jsontext_node *object,
				    const struct selector *selector)
{
	const struct jsontext_node *bus = jsontext_member(object, "bus");

	if (!bus || !selector->bus || !selector->address ||
	    parse_selector_is_on_bus(selector->address, selector->bus))
		return 0;
	return parse_value_error(p, bus->offset, "\"bus\": the address %s is not on the bus \"%s\"",
				 selector->address, selector->bus);
}

static int parse_selector_check(struct config_parser *p, const struct jsontext_node *object,
				const struct selector *selector)
{
	int r;

	if (parse_selector_count_known(object) == 0)
		return parse_value_error(p, object->offset,
					 "this selector has no property: expected at least "
					 "one, as \"address\", \"path\" or \"vendor\"");
	r = parse_selector_check_nth(p, object);
	if (r < 0)
		return r;
	r = parse_selector_check_vf(p, object);
	if (r < 0)
		return r;
	return parse_selector_check_bus(p, object, selector);
}

static int parse_selector_object(struct config_parser *p, const struct jsontext_node *object,
				 struct selector *selector)
{
	const struct jsontext_node *bus = jsontext_member(object, "bus");
	int r;

	if (bus && bus->type == JSONTEXT_STRING && parse_selector_bus_valid(bus->text))
		p->bus = bus->text;
	r = parse_value_members(p, object, parse_selector_keys, ARRAY_SIZE(parse_selector_keys),
				selector);
	p->bus = NULL; /* also after a failure: it points into this object */
	if (r < 0)
		return r;
	return parse_selector_check(p, object, selector);
}

static int parse_selector_value(struct config_parser *p, const struct jsontext_node *value,
				struct selector *selector)
{
	if (value->type == JSONTEXT_OBJECT)
		return parse_selector_object(p, value, selector);
	if (value->type == JSONTEXT_STRING)
		return parse_selector_address(p, value, selector);
	return parse_value_expected(p, value,
				    "an address as a string, or an object with properties");
}

int parse_selector(struct config_parser *p, const struct jsontext_node *value, void *target)
{
	_cleanup_selector_ struct selector *selector = group_def_selector_new();
	struct jsontext_position at = jsontext_locate(p->doc, value->offset);
	struct group_def *def = target;
	int r;

	if (!selector)
		return -ENOMEM;
	selector->line = at.line;
	selector->column = at.column;
	r = parse_selector_value(p, value, selector);
	if (r < 0)
		return r;
	r = vec_add(&def->selectors, selector);
	if (r < 0)
		return r;
	TAKE_PTR(selector);
	return 0;
}
