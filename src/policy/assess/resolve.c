/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Finds the devices that the selectors of a definition match, adds the companions of their IOMMU
 * groups, and reports selectors that match nothing.
 */

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "policy/assess/resolve.h"
#include "policy/isolation/topology.h"

/* Returns the device directly behind @bridge at @devfn ("00.0"), or NULL. */
static struct device *resolve_find_behind(const struct inventory *inv, const struct device *bridge,
					  const char *devfn)
{
	TOPOLOGY_FOREACH(device, inv, topology_below(inv, bridge)) {
		const char *colon = strrchr(device->address, ':');

		if (colon && str_eq(colon + 1, devfn) && str_eq(device->parent, bridge->key))
			return device;
	}
	return NULL;
}

/* Follows a path "0000:00:1c.4/00.0" from the root bus down, bridge by bridge. */
static struct device *resolve_find_path(const struct inventory *inv, const char *path)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *upper = NULL;
	const struct device *bridge;
	struct device *device;

	if (!slash) { /* a device on a root bus: the firmware assigns its number, which stays */
		device = inventory_find(inv, path);
		return device && !device->parent ? device : NULL;
	}
	upper = strndup(path, (size_t)(slash - path));
	if (!upper)
		return NULL;
	bridge = resolve_find_path(inv, upper);
	return bridge ? resolve_find_behind(inv, bridge, slash + 1) : NULL;
}

static bool resolve_class_matches(const struct device *device, const struct selector *selector)
{
	unsigned shift = 4 * (6 - selector->class_digits);

	return (device->class_code >> shift) == (uint32_t)selector->class_code;
}

/* Compares serial numbers in either case, with colons or dashes. */
static bool resolve_serial_matches(const struct device *device, const char *serial)
{
	const char *own = str_or(device->serial, "");

	for (; *own && *serial; own++, serial++)
		if (tolower((unsigned char)*own) != tolower((unsigned char)*serial) &&
		    !(*own == '-' && *serial == ':'))
			return false;
	return !*own && !*serial;
}

/* Returns the name of the first property that does not match, or NULL. */
static const char *resolve_find_mismatch(const struct device *device,
					 const struct selector *selector)
{
	if (selector->bus && !str_eq(device->bus, selector->bus))
		return "bus";
	if (selector->vendor >= 0 && device->vendor != selector->vendor)
		return "vendor";
	if (selector->device >= 0 && device->device != selector->device)
		return "device";
	if (selector->subsystem_vendor >= 0 &&
	    device->subsystem_vendor != selector->subsystem_vendor)
		return "subsystem-vendor";
	if (selector->subsystem_device >= 0 &&
	    device->subsystem_device != selector->subsystem_device)
		return "subsystem-device";
	if (selector->class_code >= 0 && !resolve_class_matches(device, selector))
		return "class";
	if (selector->serial && !resolve_serial_matches(device, selector->serial))
		return "serial";
	return NULL;
}

/* Returns whether @device is at the place that @selector names; ignores its properties. */
static bool resolve_place_matches(const struct inventory *inv, const struct device *device,
				  const struct selector *selector)
{
	if (selector->address && !str_eq(device->key, selector->address))
		return false;
	if (selector->path && resolve_find_path(inv, selector->path) != device)
		return false;
	if (selector->vf_of &&
	    (!str_eq(device->physfn, selector->vf_of) || device->vf_index != selector->index))
		return false;
	return true;
}

static bool resolve_has_place(const struct selector *selector)
{
	return selector->address || selector->path || selector->vf_of;
}

static int resolve_add_device(struct vec *devices, struct device *device)
{
	size_t at;

	if (vec_find_sorted(devices, device, device_cmp, &at) >= 0)
		return 0;
	return vec_insert(devices, at, device);
}

static int resolve_add_mismatch(struct resolved_group *ret, const struct device *device,
				const char *property)
{
	_cleanup_free_ char *what = device_describe(device);

	if (!what)
		return -ENOMEM;
	return blocker_add(&ret->blockers, true, "identity-mismatch", device->key,
			   "%s is %s [%04x:%04x]: its %s differs from the file of the group. Put "
			   "the card back, or correct the file.",
			   device->key, what, device->vendor, device->device, property);
}

/*
 * Returns the devices to compare with @selector: the one at its address or path, else all. @one is
 * room for that one device. The caller does not free the result.
 */
static struct vec resolve_candidates(const struct inventory *inv, const struct selector *selector,
				     void **one)
{
	if (!selector->address && !selector->path)
		return inv->devices;
	*one = selector->address ? inventory_find(inv, selector->address) :
				   resolve_find_path(inv, selector->path);
	return (struct vec){ .items = one, .n = *one ? 1 : 0 };
}

static int resolve_add_absent(struct resolved_group *ret, const struct selector *selector)
{
	_cleanup_free_ char *text = group_def_selector_describe(selector);

	if (!text)
		return -ENOMEM;
	ret->absent = true;
	return blocker_add(
		&ret->blockers, true, "absent", text,
		"No device %s is on this host. Plug it in, or correct the file of the group.",
		text);
}

/* Adds the device at the place that @selector names, if all its properties match too. */
static int resolve_add_place(struct resolved_group *ret, struct device *device,
			     const struct selector *selector)
{
	const char *property = resolve_find_mismatch(device, selector);

	if (property)
		return resolve_add_mismatch(ret, device, property);
	return resolve_add_device(&ret->named, device);
}

static int resolve_add_matches(const struct vec *devices, const struct selector *selector,
			       struct resolved_group *ret)
{
	unsigned matches = 0;

	VEC_FOREACH(struct device, device, devices) {
		int r;

		if (resolve_find_mismatch(device, selector))
			continue;
		matches++;
		if (selector->nth >= 0 && matches - 1 != (unsigned)selector->nth)
			continue;
		r = resolve_add_device(&ret->named, device);
		if (r < 0 || selector->nth >= 0)
			return r;
	}
	return matches > 0 && selector->nth < 0 ? 0 : resolve_add_absent(ret, selector);
}

static int resolve_selector(const struct inventory *inv, const struct selector *selector,
			    struct resolved_group *ret)
{
	void *one = NULL;
	struct vec devices = resolve_candidates(inv, selector, &one);

	if (!resolve_has_place(selector))
		return resolve_add_matches(&devices, selector, ret);
	VEC_FOREACH(struct device, device, &devices)
		if (resolve_place_matches(inv, device, selector))
			return resolve_add_place(ret, device, selector);
	return resolve_add_absent(ret, selector);
}

static int resolve_add_iommu_group(struct resolved_group *ret, struct iommu_group *group)
{
	size_t at = 0;
	int r;

	while (at < ret->iommu_groups.n) {
		const struct iommu_group *other = ret->iommu_groups.items[at];

		if (other == group)
			return 0;
		if (other->id > group->id)
			break;
		at++;
	}
	r = vec_insert(&ret->iommu_groups, at, group);
	if (r < 0)
		return r;
	VEC_FOREACH(struct device, device, &group->devices) {
		r = resolve_add_device(&ret->devices, device);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Returns whether its host bridge comes from a device tree; ACPI has "devices/pci0000:00". */
static bool resolve_has_device_tree(const struct device *device)
{
	return device->sysfs && str_starts(device->sysfs, "devices/platform/");
}

static bool resolve_any_without_driver(const struct inventory *inv)
{
	VEC_FOREACH(const struct device, device, &inv->devices)
		if (device_is_pci(device) && device->iommu_group >= 0 && !device->driver)
			return true;
	return false;
}

bool resolve_awaits_iommu_group(const struct inventory *inv, const struct device *device)
{
	if (device->awaits_group)
		return true;
	if (device->iommu_group >= 0 || device->driver || !device_is_pci(device) ||
	    inv->iommu_groups.n == 0 || inv->groups_derived)
		return false;
	return resolve_has_device_tree(device) || !resolve_any_without_driver(inv);
}

static int resolve_add_groupless(const struct inventory *inv, const struct device *device,
				 struct resolved_group *ret)
{
	const char *driver = device_bus_find(device->bus)->vfio_driver;

	if (device->mdev_types.n > 0 && !device_is_pci(device))
		return blocker_add(
			&ret->blockers, true, "no-iommu", device->key,
			"%s is not assigned itself, only the mediated devices that are made of it. "
			"List these under \"mediated-devices\" in a file in devgroups.d.",
			device->key);
	if (resolve_awaits_iommu_group(inv, device))
		return blocker_add(&ret->blockers, true, "pending", device->key,
				   "This kernel assigns %s to an IOMMU group when a driver is "
				   "probed for it, and none was. Bind a driver once: modprobe %s; "
				   "echo %s > /sys/bus/%s/devices/%s/driver_override; echo %s > "
				   "/sys/bus/%s/drivers_probe",
				   device->key, driver, driver, device->bus, device->address,
				   device->address, device->bus);
	return blocker_add(
		&ret->blockers, true, "no-iommu", device->key,
		"The kernel put %s in no IOMMU group, so it cannot be isolated. Turn on the IOMMU "
		"in the firmware setup and on the kernel command line (intel_iommu=on).",
		device->key);
}

static int resolve_add_companions(const struct inventory *inv, struct resolved_group *ret)
{
	VEC_FOREACH(struct device, device, &ret->named) {
		struct iommu_group *group = inventory_find_group(inv, device->iommu_group);
		int r;

		if (group) {
			r = resolve_add_iommu_group(ret, group);
			if (r < 0)
				return r;
			continue;
		}
		r = resolve_add_device(&ret->devices, device);
		if (r < 0)
			return r;
		r = resolve_add_groupless(inv, device, ret);
		if (r < 0)
			return r;
	}
	return 0;
}

int resolve_group(const struct inventory *inv, const struct group_def *def,
		  struct resolved_group *ret)
{
	_cleanup_resolved_group_ struct resolved_group resolved = { 0 };
	int r;

	VEC_FOREACH(const struct selector, selector, &def->selectors) {
		r = resolve_selector(inv, selector, &resolved);
		if (r < 0)
			return r;
	}
	r = resolve_add_companions(inv, &resolved);
	if (r < 0)
		return r;
	*ret = TAKE_STRUCT(resolved);
	return 0;
}

void resolved_group_clear(struct resolved_group *resolved)
{
	vec_drop(&resolved->named);
	vec_drop(&resolved->devices);
	vec_drop(&resolved->iommu_groups);
	blockers_clear(&resolved->blockers);
	resolved->absent = false;
}

bool resolved_group_has(const struct resolved_group *resolved, const struct device *device)
{
	return vec_find_sorted(&resolved->devices, device, device_cmp, NULL) >= 0;
}
