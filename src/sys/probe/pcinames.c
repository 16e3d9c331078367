/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <pci/pci.h>

#include "base/str.h"
#include "base/utf8.h"
#include "sys/probe/pcinames.h"

struct pcinames {
	struct pci_access *access;
};

static void pcinames_ignore_message(char *message, ...)
{
}

struct pcinames *pcinames_new(void)
{
	struct pcinames *names = calloc(1, sizeof(*names));

	if (!names)
		return NULL;
	/*
	 * pci_init() would scan the bus, and may end the process on an error. Names alone need no
	 * initialised access, only one that has functions for its messages.
	 */
	names->access = pci_alloc();
	names->access->warning = pcinames_ignore_message;
	names->access->debug = pcinames_ignore_message;
	return names;
}

struct pcinames *pcinames_free(struct pcinames *names)
{
	if (!names)
		return NULL;
	pci_cleanup(names->access);
	free(names);
	return NULL;
}

static int pcinames_set_name(char **dst, const char *name)
{
	return utf8_set(dst, str_empty(name) ? NULL : name);
}

int pcinames_fill(struct pcinames *names, struct device *device)
{
	char buf[256];
	const char *name;
	int r;

	name = pci_lookup_name(names->access, buf, sizeof(buf),
			       PCI_LOOKUP_VENDOR | PCI_LOOKUP_NO_NUMBERS, device->vendor);
	r = pcinames_set_name(&device->vendor_name, name);
	if (r < 0)
		return r;
	name = pci_lookup_name(names->access, buf, sizeof(buf),
			       PCI_LOOKUP_DEVICE | PCI_LOOKUP_NO_NUMBERS, device->vendor,
			       device->device);
	r = pcinames_set_name(&device->device_name, name);
	if (r < 0)
		return r;
	name = pci_lookup_name(names->access, buf, sizeof(buf),
			       PCI_LOOKUP_CLASS | PCI_LOOKUP_NO_NUMBERS,
			       (int)(device->class_code >> 8));
	return pcinames_set_name(&device->class_name, name);
}
