/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Resets a device in one of the ways that the plan allows. Afterwards checks that the device
 * answers and is unchanged.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"
#include "base/strv.h"
#include "policy/plan/reset-plan.h"
#include "sys/fault.h"
#include "sys/step/step-runner.h"

#define CONFIG_HEAD 64
#define AT_HEADER_TYPE 0x0e
#define AT_BARS 0x10
#define AT_ROM 0x30
#define BARS 6

/* The head of configuration space, for a comparison before and after. */
struct config_snapshot {
	uint8_t head[CONFIG_HEAD];
};

static void step_reset_sleep_ms(unsigned ms)
{
	struct timespec left = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

/* --- keeping it awake --- */

/*
 * Keeps an idle device from sleeping in D3hot on its VFIO driver. *ret is the previous setting, or
 * NULL where the kernel has none.
 */
static int step_reset_wake_up(int dir_fd, char **ret)
{
	_cleanup_free_ char *control = NULL;
	int r;

	r = sysfs_read_optional(dir_fd, "power/control", &control);
	if (r < 0)
		return r;
	if (control && !str_eq(control, "on")) {
		r = sysfs_write(dir_fd, "power/control", "on");
		if (r < 0)
			return r;
	}
	*ret = TAKE_PTR(control);
	return 0;
}

static void step_reset_restore_power(int dir_fd, const char *was)
{
	/* Ignore a failure: the driver sets it again when it is unbound. */
	if (was && !str_eq(was, "on"))
		(void)(sysfs_write(dir_fd, "power/control", was) < 0);
}

/* --- looking at it --- */

/*
 * Tells whether the device answered. A missing device reads as all ones, and no header type is all
 * ones. The ids cannot tell: those of a VF are all ones by PCI's rules.
 */
static bool config_snapshot_answers(const struct config_snapshot *snapshot)
{
	return snapshot->head[AT_HEADER_TYPE] != 0xff;
}

static int config_snapshot_read(int dir_fd, struct config_snapshot *ret)
{
	_cleanup_close_ int fd = -EBADF;
	ssize_t n;
	int r;

	r = fault_point("look", "config");
	if (r < 0)
		return r;
	fd = openat(dir_fd, "config", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = pread(fd, ret->head, sizeof(ret->head), 0);
	if (n < 0)
		return -errno;
	return n == sizeof(ret->head) ? 0 : -EIO;
}

static int step_reset_check_power(int dir_fd, char **ret_cause)
{
	_cleanup_free_ char *state = NULL;
	int r;

	r = sysfs_read_optional(dir_fd, "power_state", &state);
	if (r < 0)
		return r;
	if (!state || str_eq(state, "D0") || str_eq(state, "unknown"))
		return 0;
	return step_runner_fail(-EIO, ret_cause, str_printf("it stays in %s", state));
}

static int step_reset_check_answer(int dir_fd, struct config_snapshot *ret, char **ret_cause)
{
	int r;

	r = config_snapshot_read(dir_fd, ret);
	if (r < 0)
		return r;
	if (!config_snapshot_answers(ret))
		return step_runner_fail(
			-EIO, ret_cause,
			strdup("it does not answer, its configuration space reads as all ones"));
	return step_reset_check_power(dir_fd, ret_cause);
}

static bool config_snapshot_same_word(const struct config_snapshot *a,
				      const struct config_snapshot *b, size_t at)
{
	return memcmp(a->head + at, b->head + at, 4) == 0;
}

static int step_reset_check_unchanged(const struct config_snapshot *before,
				      const struct config_snapshot *after, char **ret_cause)
{
	if (!config_snapshot_same_word(before, after, 0))
		return step_runner_fail(-EIO, ret_cause,
					strdup("it answers with another vendor or device id"));
	if (before->head[AT_HEADER_TYPE] & 0x7f)
		return 0; /* A bridge has other registers there. */
	for (unsigned i = 0; i < BARS; i++)
		if (!config_snapshot_same_word(before, after, AT_BARS + 4 * i))
			return step_runner_fail(-EIO, ret_cause,
						str_printf("its BAR %u is not what it was before",
							   i));
	if (!config_snapshot_same_word(before, after, AT_ROM))
		return step_runner_fail(-EIO, ret_cause,
					strdup("the BAR of its ROM is not what it was before"));
	return 0;
}

/* --- doing it --- */

static bool step_reset_is_done(const struct step_runner *runner, const char *key)
{
	return strv_contains(runner->reset, key);
}

/*
 * Resets by one method. The kernel has its list of methods back afterwards, also after a failure.
 */
static int step_reset_by_method(int dir_fd, const char *method)
{
	_cleanup_free_ char *methods = NULL;
	int r, restored;

	if (str_eq(method, RESET_ATTEMPT_KERNEL))
		return sysfs_write(dir_fd, "reset", "1");
	r = step_reset_methods_choose(dir_fd, method, &methods);
	if (r >= 0) /* Restore the methods below in any case. */
		r = sysfs_write(dir_fd, "reset", "1");
	if (!methods)
		return r;
	restored = step_reset_methods_restore(dir_fd, methods);
	return r < 0 ? r : restored;
}

static int step_reset_perform(struct step_runner *runner, const struct step *step, int dir_fd,
			      const struct reset_attempt *attempt, char ***ret_keys,
			      char **ret_cause)
{
	int r;

	if (attempt->nvme_shutdown) {
		r = step_nvme_disable(dir_fd, ret_cause);
		if (r < 0)
			return r;
	}
	if (str_eq(attempt->method, RESET_ATTEMPT_HOT))
		r = step_hot_reset(runner, step, ret_cause, ret_keys);
	else
		r = step_reset_by_method(dir_fd, attempt->method);
	if (r < 0)
		return r;
	if (attempt->delay_ms > 0)
		step_reset_sleep_ms(attempt->delay_ms);
	return 0;
}

static int step_reset_mark_done(struct step_runner *runner, const char *key)
{
	if (step_reset_is_done(runner, key))
		return 0;
	return strv_add(&runner->reset, key);
}

static int step_reset_mark_all_done(struct step_runner *runner, char *const *keys, const char *key)
{
	int r;

	STRV_FOREACH(other, keys) {
		r = step_reset_mark_done(runner, *other);
		if (r < 0)
			return r;
	}
	return step_reset_mark_done(runner, key);
}

static int step_reset_and_compare(struct step_runner *runner, const struct step *step, int dir_fd,
				  const struct reset_attempt *attempt, char **ret_cause)
{
	_cleanup_strv_ char **keys = NULL;
	struct config_snapshot before, after;
	int r;

	r = config_snapshot_read(dir_fd, &before);
	if (r < 0)
		return r;
	r = step_reset_perform(runner, step, dir_fd, attempt, &keys, ret_cause);
	if (r < 0)
		return r;
	r = step_reset_check_answer(dir_fd, &after, ret_cause);
	if (r < 0)
		return r;
	/* Compare only if it answered before: the reset may have brought it back. */
	if (config_snapshot_answers(&before)) {
		r = step_reset_check_unchanged(&before, &after, ret_cause);
		if (r < 0)
			return r;
	}
	return step_reset_mark_all_done(runner, keys, step->device);
}

/*
 * Checks that the device has no virtual functions: the plan relies on their end with the driver
 * that the device was taken from.
 */
static int step_reset_check_no_vfs(int dir_fd, char **ret_cause)
{
	if (faccessat(dir_fd, "virtfn0", F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	return step_runner_fail(-EBUSY, ret_cause,
				strdup("it has virtual functions, which that would reset too"));
}

/*
 * Attempts one reset. The group's node stays held from here to the end of the plan, because the
 * kernel would also reset a device that is in use.
 */
static int step_reset_attempt(struct step_runner *runner, const struct step *step, char **ret_cause)
{
	_cleanup_close_ int dir_fd = step_runner_open_device(runner, step);
	_cleanup_free_ char *control = NULL;
	struct reset_attempt attempt;
	struct held_group *held;
	int r;

	if (dir_fd < 0)
		return dir_fd;
	r = reset_attempt_parse(step->value, &attempt);
	if (r < 0)
		return r;
	r = step_reset_check_no_vfs(dir_fd, ret_cause);
	if (r < 0)
		return r;
	r = step_vfio_open_viable(runner, step->iommu_group, ret_cause, &held);
	if (r < 0)
		return r;
	r = step_reset_wake_up(dir_fd, &control);
	if (r < 0)
		return r;
	/* Restore the power control in both cases. */
	r = step_reset_and_compare(runner, step, dir_fd, &attempt, ret_cause);
	step_reset_restore_power(dir_fd, control);
	return r;
}

static void step_reset_note_failure(struct step_runner *runner, const struct step *step, int error,
				    const char *cause)
{
	char *text = str_printf("%s%s%s: %s%s%s", str_or(runner->reset_failures, ""),
				runner->reset_failures ? "; " : "", step->value, strerror(-error),
				cause ? ", " : "", str_or(cause, ""));

	if (!text)
		return;
	free(runner->reset_failures);
	runner->reset_failures = text;
}

/* Tells whether a second attempt has a chance: the kernel's own refusals stay. */
static bool step_reset_is_passing(int error)
{
	return error != -ENOTTY && error != -EINVAL;
}

int step_reset(struct step_runner *runner, const struct step *step, char **ret_cause)
{
	int r;

	if (step_reset_is_done(runner, step->device))
		return 1;
	r = step_reset_attempt(runner, step, ret_cause);
	if (r < 0 && step_reset_is_passing(r)) {
		free(TAKE_PTR(*ret_cause));
		r = step_reset_attempt(runner, step, ret_cause);
	}
	if (r < 0)
		step_reset_note_failure(runner, step, r, *ret_cause);
	return r;
}

static int step_reset_check_awake(struct step_runner *runner, const struct step *step,
				  char **ret_cause)
{
	_cleanup_close_ int dir_fd = step_runner_open_device(runner, step);
	_cleanup_free_ char *control = NULL;
	struct config_snapshot snapshot;
	int r;

	if (dir_fd < 0)
		return dir_fd;
	r = step_reset_wake_up(dir_fd, &control);
	if (r < 0)
		return r;
	/* Restore the power control in both cases. */
	r = step_reset_check_answer(dir_fd, &snapshot, ret_cause);
	step_reset_restore_power(dir_fd, control);
	return r;
}

int step_reset_verify(struct step_runner *runner, const struct step *step, char **ret_cause)
{
	_cleanup_free_ char *failures = TAKE_PTR(runner->reset_failures);
	int r;

	r = step_reset_check_awake(runner, step, ret_cause);
	if (r < 0) { /* Ask again, because a failure makes the group dirty. */
		free(TAKE_PTR(*ret_cause));
		r = step_reset_check_awake(runner, step, ret_cause);
	}
	if (r < 0)
		return r;
	if (!step->value || step_reset_is_done(runner, step->device))
		return 0;
	return step_runner_fail(-EREMOTEIO, ret_cause,
				failures ? str_printf("it could not be reset (%s)", failures) :
					   strdup("there is no way to reset it"));
}

int step_reset_set_methods(struct step_runner *runner, const struct step *step, char **ret_cause)
{
	_cleanup_close_ int dir_fd = step_runner_open_device(runner, step);

	if (dir_fd < 0)
		return dir_fd;
	return step_reset_methods_restore(dir_fd, step->value);
}
