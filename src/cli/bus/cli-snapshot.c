/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/bus/cli-bus.h"
#include "cli/bus/cli-snapshot.h"
#include "model/dbus-names.h"
#include "model/json/codec.h"
#include "policy/isolation/settle.h"

int cli_snapshot_text(struct cli *cli, char **ret)
{
	_cleanup_message_ sd_bus_message *call = NULL, *reply = NULL;
	const char *text;
	int r;

	r = cli_bus_new_call(cli, DG_OBJECT_PATH, DG_IFACE_MANAGER, "Snapshot", &call);
	if (r)
		return r;
	r = cli_bus_call(cli, call, &reply);
	if (r)
		return r;
	r = sd_bus_message_read(reply, "s", &text);
	if (r < 0)
		return cli_fail(r, "cannot read the reply of devgroupd");
	*ret = strdup(text);
	if (!*ret)
		return cli_fail(-ENOMEM, "cannot take a snapshot");
	return 0;
}

int cli_snapshot_load(struct cli *cli, struct inventory **ret)
{
	_cleanup_free_ char *text = NULL, *error = NULL;
	int r = cli_snapshot_text(cli, &text);

	if (r)
		return r;
	r = codec_snapshot_from_json(text, strlen(text), ret, &error);
	if (r == -EBADMSG && error) {
		fprintf(stderr, "devgroupctl: the snapshot of devgroupd: %s\n", error);
		return EXIT_FAILED;
	}
	if (r >= 0)
		r = settle_inventory(*ret);
	if (r < 0)
		return cli_fail(r, "cannot read the snapshot of devgroupd");
	return 0;
}
