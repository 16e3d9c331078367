/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Resets a device in one of the ways that the plan allows, and looks whether it is there and whole
 * afterwards. */

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

/* How a device looks: the head of its configuration space. */
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

/* An idle device sleeps in D3hot on its VFIO driver. *ret is how it was, NULL where the kernel has
 * no say in it. */
static int step_reset_wake_up(int dir_fd, char **ret)
{
	_cleanup_free_ char *was = NULL;
	int r = sysfs_read_optional(dir_fd, "power/control", &was);

	if (r >= 0 && was && !str_eq(was, "on"))
		r = sysfs_write(dir_fd, "power/control", "on");
	if (r >= 0)
		*ret = TAKE_PTR(was);
	return r;
}

static void step_reset_restore_power(int dir_fd, const char *was)
{
	/* the driver sets it anew when it lets the device go */
	if (was && !str_eq(was, "on"))
		(void)(sysfs_write(dir_fd, "power/control", was) < 0);
}

/* --- looking at it --- */

static int config_snapshot(int dir_fd, struct config_snapshot *ret)
{
	_cleanup_close_ int fd = -EBADF;
	ssize_t n;
	int r = fault_point("look", "config");

	if (r < 0)
		return r;
	fd = openat(dir_fd, "config", O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : pread(fd, ret->head, sizeof(ret->head), 0);
	if (n < 0)
		return -errno;
	return n == sizeof(ret->head) ? 0 : -EIO;
}

/* A device that is not there reads as all ones, and no header is of such a type. The ids of a VF
 * are all ones by PCI's rules. */
static bool config_snapshot_answers(const struct config_snapshot *snapshot)
{
	return snapshot->head[AT_HEADER_TYPE] != 0xff;
}

static int step_reset_check_power(int dir_fd, char **ret_cause)
{
	_cleanup_free_ char *state = NULL;
	int r = sysfs_read_optional(dir_fd, "power_state", &state);

	if (r < 0 || !state || str_eq(state, "D0") || str_eq(state, "unknown"))
		return r;
	return step_runner_fail(-EIO, ret_cause, str_printf("it stays in %s", state));
}

static int step_reset_check_answer(int dir_fd, struct config_snapshot *ret, char **ret_cause)
{
	int r = config_snapshot(dir_fd, ret);

	if (r < 0)
		return r;
	if (!config_snapshot_answers(ret))
		return step_runner_fail(
			-EIO, ret_cause,
			strdup("it does not answer, its configuration space reads as all ones"));
	return step_reset_check_power(dir_fd, ret_cause);
}

static int step_reset_check_unchanged(const struct config_snapshot *before,
				      const struct config_snapshot *after, char **ret_cause)
{
	if (memcmp(before->head, after->head, 4) != 0)
		return step_runner_fail(-EIO, ret_cause,
					strdup("it answers with another vendor or device id"));
	if (before->head[AT_HEADER_TYPE] & 0x7f)
		return 0; /* a bridge has something else there */
	for (unsigned i = 0; i < BARS; i++)
		if (memcmp(before->head + AT_BARS + 4 * i, after->head + AT_BARS + 4 * i, 4) != 0)
			return step_runner_fail(-EIO, ret_cause,
						str_printf("its BAR %u is not what it was before",
							   i));
	if (memcmp(before->head + AT_ROM, after->head + AT_ROM, 4) != 0)
		return step_runner_fail(-EIO, ret_cause,
					strdup("the BAR of its ROM is not what it was before"));
	return 0;
}

/* --- doing it --- */

static bool step_reset_is_done(const struct step_runner *runner, const char *key)
{
	return strv_contains(runner->reset, key);
}

static int step_reset_write_methods(int dir_fd, const char *methods)
{
	int r = sysfs_write(dir_fd, "reset_method", methods);

	if (r < 0)
		r = sysfs_write(dir_fd, "reset_method", methods);
	/* what the device offers may have changed: then all that it does now */
	return r < 0 ? sysfs_write(dir_fd, "reset_method", "default") : r;
}

/* The kernel is told which way, and afterwards has its list again, whatever came of it. */
static int step_reset_by_method(int dir_fd, const char *method)
{
	_cleanup_free_ char *was = NULL;
	int r, restored;

	if (str_eq(method, RESET_PLAN_KERNEL))
		return sysfs_write(dir_fd, "reset", "1");
	r = sysfs_read(dir_fd, "reset_method", &was);
	if (r < 0)
		return r;
	r = sysfs_write(dir_fd, "reset_method", method);
	if (r >= 0)
		r = sysfs_write(dir_fd, "reset", "1");
	restored = step_reset_write_methods(dir_fd, was);
	return r < 0 ? r : restored;
}

static int step_reset_perform(struct step_runner *runner, const struct step *step, int dir_fd,
			      const struct reset_attempt *attempt, char ***ret_keys,
			      char **ret_cause)
{
	int r = attempt->nvme_shutdown ? step_nvme_disable(dir_fd, ret_cause) : 0;

	if (r < 0)
		return r;
	if (str_eq(attempt->method, RESET_PLAN_HOT))
		r = step_hot_reset(runner, step, ret_cause, ret_keys);
	else
		r = step_reset_by_method(dir_fd, attempt->method);
	if (r >= 0 && attempt->delay_ms > 0)
		step_reset_sleep_ms(attempt->delay_ms);
	return r;
}

static int step_reset_and_compare(struct step_runner *runner, const struct step *step, int dir_fd,
				  const struct reset_attempt *attempt, char **ret_cause)
{
	_cleanup_strv_ char **keys = NULL;
	struct config_snapshot before, after;
	int r = config_snapshot(dir_fd, &before);

	if (r >= 0)
		r = step_reset_perform(runner, step, dir_fd, attempt, &keys, ret_cause);
	if (r >= 0)
		r = step_reset_check_answer(dir_fd, &after, ret_cause);
	/* one that did not answer before may come back by the reset: then there is nothing to
	 * compare with */
	if (r >= 0 && config_snapshot_answers(&before))
		r = step_reset_check_unchanged(&before, &after, ret_cause);
	if (r >= 0 && !strv_contains(keys, step->device))
		r = strv_add(&keys, step->device);
	STRV_FOREACH(key, keys)
		if (r >= 0 && !step_reset_is_done(runner, *key))
			r = strv_add(&runner->reset, *key);
	return r;
}

/* The plan relies on it that virtual functions have gone with the driver that the device was taken
 * from. */
static int step_reset_check_no_vfs(int dir_fd, char **ret_cause)
{
	if (faccessat(dir_fd, "virtfn0", F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	return step_runner_fail(-EBUSY, ret_cause,
				strdup("it has virtual functions, which that would reset too"));
}

/* Nobody else has the group's node from here to the end of the plan: the kernel resets a device
 * that is in use, too. */
static int step_reset_attempt(struct step_runner *runner, const struct step *step, char **ret_cause)
{
	_cleanup_close_ int dir_fd = step_runner_open_device(runner, step);
	_cleanup_free_ char *control = NULL;
	struct reset_attempt attempt;
	struct held_group *held;
	int r = dir_fd < 0 ? dir_fd : reset_plan_parse_attempt(step->value, &attempt);

	if (r >= 0)
		r = step_reset_check_no_vfs(dir_fd, ret_cause);
	if (r >= 0)
		r = step_vfio_open_viable(runner, step->iommu_group, ret_cause, &held);
	if (r >= 0)
		r = step_reset_wake_up(dir_fd, &control);
	if (r < 0)
		return r;
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

int step_reset(struct step_runner *runner, const struct step *step, char **ret_cause)
{
	int r = 0;

	if (step_reset_is_done(runner, step->device))
		return 1;
	/* a disturbance passes; what the kernel says it cannot do it cannot do the next time either
	 */
	for (unsigned i = 0; i < 2 && (i == 0 || (r < 0 && r != -ENOTTY && r != -EINVAL)); i++) {
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
	struct config_snapshot now;
	int r = dir_fd < 0 ? dir_fd : step_reset_wake_up(dir_fd, &control);

	if (r < 0)
		return r;
	r = step_reset_check_answer(dir_fd, &now, ret_cause);
	step_reset_restore_power(dir_fd, control);
	return r;
}

int step_reset_verify(struct step_runner *runner, const struct step *step, char **ret_cause)
{
	_cleanup_free_ char *trouble = TAKE_PTR(runner->reset_failures);
	int r = step_reset_check_awake(runner, step, ret_cause);

	if (r < 0) { /* once more: much hangs on it */
		free(TAKE_PTR(*ret_cause));
		r = step_reset_check_awake(runner, step, ret_cause);
	}
	if (r < 0 || !step->value || step_reset_is_done(runner, step->device))
		return r;
	return step_runner_fail(-EREMOTEIO, ret_cause,
				trouble ? str_printf("it could not be reset (%s)", trouble) :
					  strdup("there is no way to reset it"));
}

int step_reset_set_methods(struct step_runner *runner, const struct step *step, char **ret_cause)
{
	_cleanup_close_ int dir_fd = step_runner_open_device(runner, step);

	return dir_fd < 0 ? dir_fd : step_reset_write_methods(dir_fd, step->value);
}
