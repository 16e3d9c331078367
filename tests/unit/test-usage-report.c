/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "sys/usage/usage-report.h"

static struct usage_set set;
static char data[1 << 20];
static size_t size;

static void add(const char *key, const char *kind, const char *what, int pid)
{
	const struct usage usage = {
		.kind = (char *)kind,
		.what = (char *)what,
		.pid = pid,
		.name = pid > 0 ? (char *)"fio" : NULL,
		.owner = 1000,
		.source = pid > 0 ? USAGE_OF_PROCESSES : USAGE_OF_BLOCK,
	};

	ck_assert_int_eq(usage_set_add(&set, key, &usage), 0);
}

/* Writes the set, and reads the bytes back into @data. */
static void write_report(void)
{
	char path[] = "/tmp/dg-report-XXXXXX";
	int fd = mkstemp(path);
	ssize_t n;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(usage_report_write(&set, fd), 0);
	n = pread(fd, data, sizeof(data), 0);
	ck_assert_int_gt(n, 0);
	ck_assert_int_lt(n, (ssize_t)sizeof(data));
	size = (size_t)n;
	close(fd);
}

static void make_report(void)
{
	set = (struct usage_set){ 0 };
	add("0000:05:00.0", USAGE_MOUNTED, "/srv/a b", -1);
	add("0000:05:00.0", USAGE_OPEN, "/dev/nvme0n1", 812);
	add("0000:01:00.0", USAGE_CONSOLE, "ttyS0", -1);
	ck_assert_int_eq(vec_add(&set.gaps, (void *)(uintptr_t)1001), 0);
	write_report();
}

static void free_report(void)
{
	usage_set_clear(&set);
}

struct count {
	unsigned n;
	bool has_open;
};

static int count_usage(const char *key, const struct usage *usage, void *userdata)
{
	struct count *count = userdata;

	count->n++;
	if (usage->pid == 812)
		count->has_open = str_eq(key, "0000:05:00.0") && str_eq(usage->kind, USAGE_OPEN) &&
				  str_eq(usage->what, "/dev/nvme0n1") &&
				  str_eq(usage->name, "fio") && !usage->unit && !usage->through &&
				  usage->owner == 1000 && usage->source == USAGE_OF_PROCESSES;
	return 0;
}

START_TEST(test_a_report_is_read_as_it_was_written)
{
	_cleanup_(usage_set_clear) struct usage_set copy = { 0 };
	struct count count = { 0 };

	ck_assert_int_eq(usage_report_read(data, size, &copy), 0);
	ck_assert_int_eq(usage_set_each(&copy, count_usage, &count), 0);
	ck_assert_uint_eq(count.n, 3);
	ck_assert(count.has_open);
	ck_assert_uint_eq(copy.gaps.n, 1);
	ck_assert_uint_eq((uintptr_t)copy.gaps.items[0], 1001);
}
END_TEST

START_TEST(test_a_part_of_a_report_is_none)
{
	for (size_t part = 0; part < size; part++) {
		_cleanup_(usage_set_clear) struct usage_set copy = { 0 };

		ck_assert_int_eq(usage_report_read(data, part, &copy), -EBADMSG);
	}
}
END_TEST

/* Any byte may be wrong: the reader must not crash, or read beyond the end. */
START_TEST(test_a_damaged_report_does_no_harm)
{
	for (size_t i = 0; i < size; i++) {
		_cleanup_(usage_set_clear) struct usage_set copy = { 0 };
		char *damaged = malloc(size);

		memcpy(damaged, data, size);
		damaged[i] = (char)(damaged[i] ? 0 : 'x');
		(void)(usage_report_read(damaged, size, &copy) < 0);
		free(damaged);
	}
}
END_TEST

/* Users decide how many there are, so a set keeps some. Which ones does not depend on the order. */
START_TEST(test_a_set_keeps_some_of_a_kind)
{
	struct count count = { 0 };
	_cleanup_(usage_set_clear) struct usage_set copy = { 0 };
	size_t before;

	for (int pid = 100000; pid > 1000; pid--)
		add("0000:09:00.0", USAGE_OPEN, "/dev/snd/controlC0", pid);
	add("0000:09:00.0", USAGE_MOUNTED, "/mnt", -1);
	write_report();
	before = size;
	ck_assert_int_eq(usage_report_read(data, size, &copy), 0);
	ck_assert_int_eq(usage_set_each(&copy, count_usage, &count), 0);
	ck_assert_uint_eq(count.n, 3 + 16 + 1);
	usage_set_clear(&set);
	set = (struct usage_set){ 0 };
	add("0000:05:00.0", USAGE_MOUNTED, "/srv/a b", -1);
	add("0000:05:00.0", USAGE_OPEN, "/dev/nvme0n1", 812);
	add("0000:01:00.0", USAGE_CONSOLE, "ttyS0", -1);
	ck_assert_int_eq(vec_add(&set.gaps, (void *)(uintptr_t)1001), 0);
	for (int pid = 1001; pid <= 100000; pid++)
		add("0000:09:00.0", USAGE_OPEN, "/dev/snd/controlC0", pid);
	add("0000:09:00.0", USAGE_MOUNTED, "/mnt", -1);
	write_report();
	ck_assert_uint_eq(size, before);
}
END_TEST

SUITE_WITH_FIXTURE("usage-report", make_report, free_report,
		   test_a_report_is_read_as_it_was_written, test_a_part_of_a_report_is_none,
		   test_a_damaged_report_does_no_harm, test_a_set_keeps_some_of_a_kind)
