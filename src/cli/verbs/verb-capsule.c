/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * devgroupctl capsule: prints what a report of a bug needs, as one JSON text that --host reads: the
 * snapshot, the definitions, the journal of the daemon, and versions. Names are replaced.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/str.h"
#include "cli/bus/cli-snapshot.h"
#include "cli/capsule/cli-mask.h"
#include "cli/cli.h"
#include "cli/host/cli-files.h"
#include "cli/print/cli-json.h"
#include "model/json/codec.h"

/* --- parts --- */

static json_object *verb_capsule_definitions(struct cli *cli, struct cli_mask *mask)
{
	_cleanup_def_set_ struct def_set *config = NULL;
	_cleanup_json_ json_object *object = NULL;
	_cleanup_free_ char *text = NULL;

	if (cli_files_load(cli, &config) || codec_config_to_json(config, false, &text) < 0)
		return NULL;
	object = json_tokener_parse(text);
	if (!object || cli_mask_json(mask, object) < 0)
		return NULL;
	return TAKE_PTR(object);
}

/* Returns the lines of the journal that name @group, or all of them for NULL. */
static json_object *verb_capsule_journal(struct cli_mask *mask, const char *group)
{
	_cleanup_json_ json_object *lines = json_object_new_array();
	_cleanup_free_ char *line = NULL;
	size_t room = 0;
	ssize_t n;
	/* a constant command; "2>/dev/null" for hosts whose journal the user may not read */
	FILE *journal = popen("journalctl --unit=devgroupd.service --output=short-iso "
			      "--no-hostname --no-pager --lines=1000 2>/dev/null",
			      "re");

	if (!journal || !lines) {
		if (journal)
			pclose(journal);
		return NULL;
	}
	while ((n = getline(&line, &room, journal)) > 0) {
		_cleanup_free_ char *masked = NULL;

		if (group && !strstr(line, group))
			continue;
		masked = cli_mask_text(mask, str_chomp(line));
		if (!masked || cli_json_append(lines, json_object_new_string(masked)) < 0)
			break;
	}
	pclose(journal);
	return n > 0 ? NULL : TAKE_PTR(lines);
}

static json_object *verb_capsule_versions(void)
{
	struct utsname kernel;

	if (uname(&kernel) < 0)
		return NULL;
	return CLI_JSON_NEW({ "devgroupctl", json_object_new_string(PACKAGE_VERSION) },
			    { "kernel", json_object_new_string(kernel.release) },
			    { "machine", json_object_new_string(kernel.machine) });
}

/* --- the whole --- */

int verb_capsule(struct cli *cli)
{
	const char *group = cli->words[0];
	_cleanup_json_ json_object *object = NULL, *definitions = NULL;
	_cleanup_mask_ struct cli_mask mask = { 0 };
	_cleanup_free_ char *text = NULL;
	int r = cli_snapshot_text(cli, &text);

	if (r)
		return r;
	object = json_tokener_parse(text);
	if (!object)
		return cli_fail(-EBADMSG, "cannot read the snapshot of devgroupd");
	/* the names of groups first: the journal has them */
	definitions = verb_capsule_definitions(cli, &mask);
	r = cli_mask_json(&mask, object);
	if (r < 0)
		return cli_fail(r, "cannot make a capsule");
	r = CLI_JSON_SET(object, { "versions", verb_capsule_versions() },
			 { "definitions", TAKE_PTR(definitions) },
			 { "journal", verb_capsule_journal(&mask, group) });
	if (r < 0)
		return cli_fail(r, "cannot make a capsule");
	cli_json_print(object,
		       cli->options.json == CLI_JSON_OFF ? CLI_JSON_PRETTY : cli->options.json);
	return 0;
}
