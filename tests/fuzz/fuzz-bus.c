/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The methods on the bus: calls of any type and with any values reach the real handlers, with the
 * layers below them, over a socket. The host is a tree of files with two devices; no worker starts,
 * so a claim fails at its first step.
 */

#include "fuzz.h"

#include <errno.h>
#include <sys/socket.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "bus/bus.h"
#include "daemon/manager.h"
#include "fuzz-bus-peer.h"
#include "fuzz-tree.h"

static struct sysfs_root root;
static sd_event *event;
static struct host *host;
static struct manager *manager;

/* Ends each worker before it starts. */
pid_t fork(void)
{
	errno = EAGAIN;
	return -1;
}

/* --- the host --- */

static void tree_add_file(const char *path, const char *text)
{
	fuzz_tree_write(&root, path, text, strlen(text));
}

static void tree_add_link(const char *path, const char *target)
{
	/* Makes the directories above the link. */
	fuzz_tree_write(&root, path, "", 0);
	assert(unlinkat(root.fd, path, 0) == 0);
	assert(symlinkat(target, root.fd, path) == 0);
}

static void tree_add_device(const char *address, const char *driver, unsigned group)
{
	static const char *const files[][2] = {
		{ "vendor", "0x8086\n" },
		{ "device", "0x10d3\n" },
		{ "class", "0x020000\n" },
		{ "reset_method", "pm bus\n" },
		{ "reset", "" },
		{ "power_state", "D0\n" },
		{ "config", "\x86\x80\xd3\x10" },
	};
	_cleanup_free_ char *base = str_printf("sys/devices/pci0000:00/%s", address);
	_cleanup_free_ char *link = str_printf("sys/bus/pci/devices/%s", address);
	_cleanup_free_ char *target = str_printf("../../../devices/pci0000:00/%s", address);
	_cleanup_free_ char *driver_link = str_printf("%s/driver", base);
	_cleanup_free_ char *driver_target = str_printf("../bus/pci/drivers/%s", driver);
	_cleanup_free_ char *group_link = str_printf("%s/iommu_group", base);
	_cleanup_free_ char *group_target = str_printf("../kernel/iommu_groups/%u", group);
	_cleanup_free_ char *type = str_printf("sys/kernel/iommu_groups/%u/type", group);

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_free_ char *path = str_printf("%s/%s", base, files[i][0]);

		tree_add_file(path, files[i][1]);
	}
	tree_add_link(driver_link, driver_target);
	tree_add_link(group_link, group_target);
	tree_add_file(type, "DMA\n");
	tree_add_link(link, target);
}

static const char definitions[] =
	"{\"groups\": {"
	"\"free\": {\"devices\": [\"0000:01:00.0\"], \"access\": {\"users\": [\"1001\"]}},"
	"\"held\": {\"devices\": [\"0000:02:00.0\"], \"reserved-for\": \"router\"},"
	"\"gone\": {\"devices\": [\"0000:03:00.0\"], \"access\": {\"users\": [\"1001\"]}}}}";

static const char record[] =
	"{\"version\": 1, \"phase\": \"claimed\", \"access\": \"fd\", \"interface\": \"group\","
	"\"group\": \"held\", \"lease\": \"0123456789abcdef\", \"uid\": 1002, \"gid\": 1002,"
	"\"pid\": 4711, \"since\": 1, \"persistent\": true, \"used\": true, \"devices\": [{"
	"\"key\": \"0000:02:00.0\", \"bus\": \"pci\", \"address\": \"0000:02:00.0\","
	"\"iommu-group\": 10, \"host-driver\": \"e1000e\", \"driver\": \"vfio-pci\"}]}";

static void tree_make(void)
{
	fuzz_tree_make(&root);
	tree_add_device("0000:01:00.0", "e1000e", 9);
	tree_add_device("0000:02:00.0", "vfio-pci", 10);
	tree_add_file("proc/devices", "Character devices:\n244 vfio\n");
	tree_add_file("proc/1/mountinfo", "");
	tree_add_file("etc/devgroups.d/groups.json", definitions);
}

/* --- the daemon --- */

static void daemon_start(void)
{
	static char tree[64], run_dir[64], config[64];
	static const char *directories[] = { config, NULL };
	const struct limits limits = LIMITS_DEFAULT;
	struct host_options options = { .root = tree, .run_dir = run_dir };

	snprintf(tree, sizeof(tree), "/proc/self/fd/%d", root.fd);
	snprintf(run_dir, sizeof(run_dir), "/proc/self/fd/%d/run/devgroups", root.fd);
	snprintf(config, sizeof(config), "/proc/self/fd/%d/etc/devgroups.d", root.fd);
	tree_add_file("run/devgroups/held.json", record);
	assert(sd_event_new(&event) >= 0);
	assert(host_new(event, &options, &host) == 0);
	assert(manager_new(host, directories, &limits, &manager) == 0);
	assert(manager_start(manager) == 0);
}

static void daemon_stop(void)
{
	manager = manager_free(manager);
	host = host_free(host);
	event = sd_event_unref(event);
}

/* Tells whether the daemon is as it was after its start. */
static bool daemon_is_unchanged(void)
{
	const struct devgroup *free = registry_find(manager->registry, "free");
	const struct devgroup *held = registry_find(manager->registry, "held");

	return !free->lease && held->lease && str_eq(group_state(held), "claimed");
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	log_init(LOG_EMERG);
	tree_make();
	daemon_start();
	assert(daemon_is_unchanged());
	return 0;
}

static sd_bus *daemon_connect(int fd)
{
	sd_bus *bus;

	assert(sd_bus_new(&bus) >= 0);
	assert(sd_bus_set_fd(bus, fd, fd) >= 0);
	assert(sd_bus_set_bus_client(bus, 1) >= 0);
	assert(sd_bus_negotiate_fds(bus, 1) >= 0);
	assert(sd_bus_set_anonymous(bus, 1) >= 0);
	assert(sd_bus_start(bus) >= 0);
	assert(sd_bus_attach_event(bus, event, 0) >= 0);
	return bus;
}

/* Lets both ends handle messages until none is left. */
static void daemon_settle(struct fuzz_bus_peer *peer)
{
	bool any = true;

	while (any) {
		any = fuzz_bus_peer_process(peer);
		any |= sd_event_run(event, 0) > 0;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *script = strndup((const char *)data, size);
	struct fuzz_bus_peer *peer;
	struct bus *objects;
	char *rest = script;
	sd_bus *bus;
	int fds[2];

	assert(script);
	assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) == 0);
	peer = fuzz_bus_peer_new(fds[1]);
	bus = daemon_connect(fds[0]);
	assert(bus_new(bus, manager, &objects) == 0);
	daemon_settle(peer);
	while (rest) {
		rest = fuzz_bus_peer_send(peer, rest);
		daemon_settle(peer);
	}
	fuzz_bus_peer_free(peer);
	bus_free(objects);
	sd_bus_detach_event(bus);
	sd_bus_flush_close_unref(bus);
	if (!daemon_is_unchanged()) {
		daemon_stop();
		daemon_start();
	}
	return 0;
}
