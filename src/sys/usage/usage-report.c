/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/fileio.h"
#include "base/str.h"
#include "sys/usage/usage-report.h"

/* The first field of a record. */
#define RECORD_USAGE "usage"
#define RECORD_GAP "gap"
#define RECORD_WORK "work"
#define RECORD_END "end"

/* --- writing --- */

static void usage_report_put(FILE *out, const char *text)
{
	fputs(str_or(text, ""), out);
	fputc('\0', out);
}

static int usage_report_put_usage(const char *key, const struct usage *usage, void *userdata)
{
	FILE *out = userdata;

	usage_report_put(out, RECORD_USAGE);
	usage_report_put(out, key);
	usage_report_put(out, usage->kind);
	usage_report_put(out, usage->what);
	usage_report_put(out, usage->through);
	usage_report_put(out, usage->name);
	usage_report_put(out, usage->unit);
	fprintf(out, "%d%c%u%c%u%c", usage->pid, '\0', (unsigned)usage->owner, '\0',
		(unsigned)usage->source, '\0');
	return 0;
}

static int usage_report_put_all(const struct usage_set *set, FILE *out)
{
	int r = usage_set_each(set, usage_report_put_usage, out);

	if (r < 0)
		return r;
	for (size_t i = 0; i < set->gaps.n; i++)
		fprintf(out, RECORD_GAP "%c%u%c", '\0', (unsigned)(uintptr_t)set->gaps.items[i],
			'\0');
	fprintf(out, RECORD_WORK "%c%llu%c", '\0', (unsigned long long)set->work_usec, '\0');
	usage_report_put(out, RECORD_END);
	return 0;
}

int usage_report_write(const struct usage_set *set, int fd)
{
	_cleanup_free_ char *data = NULL;
	size_t size;
	FILE *out = open_memstream(&data, &size);
	int r;

	if (!out)
		return -ENOMEM;
	r = usage_report_put_all(set, out);
	if (fclose(out) != 0)
		return -ENOMEM;
	if (r < 0)
		return r;
	if (size > USAGE_REPORT_MOST)
		return -E2BIG;
	return fileio_write_all(fd, data, size);
}

/* --- reading --- */

struct report_reader {
	const char *at, *end;
};

/* Returns the next field, or NULL. */
static const char *report_reader_next(struct report_reader *reader)
{
	const char *field = reader->at;
	const char *nul = memchr(field, '\0', (size_t)(reader->end - field));

	if (!nul)
		return NULL;
	reader->at = nul + 1;
	return field;
}

/* Returns a field that may be missing. The next field after the last of a report is NULL, too. */
static char *report_reader_next_optional(struct report_reader *reader)
{
	const char *field = report_reader_next(reader);

	return str_empty(field) ? NULL : (char *)field;
}

static int report_reader_read_usage(struct report_reader *reader, struct usage_set *set)
{
	const char *key = report_reader_next(reader), *pid, *owner, *source;
	struct usage usage = { .kind = (char *)report_reader_next(reader) };

	usage.what = report_reader_next_optional(reader);
	usage.through = report_reader_next_optional(reader);
	usage.name = report_reader_next_optional(reader);
	usage.unit = report_reader_next_optional(reader);
	pid = report_reader_next(reader);
	owner = report_reader_next(reader);
	source = report_reader_next(reader);
	if (!key || !usage.kind || !pid || !owner || !source)
		return -EBADMSG;
	usage.pid = atoi(pid);
	usage.owner = (uid_t)strtoul(owner, NULL, 10);
	usage.source = (enum usage_source)atoi(source);
	return usage_set_add(set, key, &usage);
}

static int report_reader_read_gap(struct report_reader *reader, struct usage_set *set)
{
	const char *uid = report_reader_next(reader);

	if (!uid)
		return -EBADMSG;
	return vec_add(&set->gaps, (void *)(uintptr_t)strtoul(uid, NULL, 10));
}

static int report_reader_read_work(struct report_reader *reader, struct usage_set *set)
{
	const char *usec = report_reader_next(reader);

	if (!usec)
		return -EBADMSG;
	set->work_usec = strtoull(usec, NULL, 10);
	return 0;
}

int usage_report_read(const char *data, size_t size, struct usage_set *set)
{
	struct report_reader reader = { data, data + size };
	const char *record;

	while ((record = report_reader_next(&reader))) {
		int r = -EBADMSG;

		if (str_eq(record, RECORD_END))
			return reader.at == reader.end ? 0 : -EBADMSG;
		if (str_eq(record, RECORD_USAGE))
			r = report_reader_read_usage(&reader, set);
		else if (str_eq(record, RECORD_GAP))
			r = report_reader_read_gap(&reader, set);
		else if (str_eq(record, RECORD_WORK))
			r = report_reader_read_work(&reader, set);
		if (r < 0)
			return r;
	}
	return -EBADMSG;
}
