/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Stands in for systemd-logind on the bus of a test: it hands out inhibitors.
 *
 * usage: logind ADDRESS DIR
 *
 * DIR/inhibitors gets a line for each: "inhibit sleep devgroupd block", and "released" when the
 * last copy of its descriptor is closed. While DIR/refuse exists, each call fails.
 */

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "stub.h"

static int logind_on_released(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	stub_record(userdata, "inhibitors", "released");
	sd_event_source_disable_unref(source);
	close(fd);
	return 0;
}

static int logind_make_inhibitor(struct stub *stub, int *ret)
{
	sd_event_source *source;
	int ends[2], r;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	r = sd_event_add_io(stub->event, &source, ends[0], 0, logind_on_released, stub);
	if (r < 0) {
		close(ends[0]);
		close(ends[1]);
		return r;
	}
	*ret = ends[1];
	return 0;
}

static int logind_on_inhibit(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	struct stub *stub = userdata;
	const char *what, *who, *why, *mode;
	char text[512], path[PATH_MAX];
	int fd = -1, r;

	r = sd_bus_message_read(call, "ssss", &what, &who, &why, &mode);
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "%s/refuse", stub->directory);
	if (access(path, F_OK) == 0)
		return sd_bus_error_set(error, SD_BUS_ERROR_ACCESS_DENIED, "The test refuses");
	r = logind_make_inhibitor(stub, &fd);
	if (r < 0)
		return r;
	snprintf(text, sizeof(text), "inhibit %s %s %s", what, who, mode);
	stub_record(stub, "inhibitors", text);
	r = sd_bus_reply_method_return(call, "h", fd);
	close(fd);
	return r;
}

static const sd_bus_vtable logind_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("Inhibit", "ssss", "h", logind_on_inhibit, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

int main(int argc, char *argv[])
{
	struct stub stub = { .name = "org.freedesktop.login1",
			     .path = "/org/freedesktop/login1",
			     .interface = "org.freedesktop.login1.Manager",
			     .vtable = logind_vtable };
	int status = stub_begin(&stub, argc, argv);

	return status ? status : stub_serve(&stub, argv[1]);
}
