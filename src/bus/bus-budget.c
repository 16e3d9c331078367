/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/vec.h"
#include "bus/bus-budget.h"

/* Users whose buckets are full are forgotten when there are as many entries as this. */
#define MANY_USERS 256

struct bucket {
	int64_t level;
	uint64_t filled_usec; /* when the level was right */
};

struct bucket_size {
	int64_t full, share; /* share: tokens a second */
};

struct budget_user {
	uid_t uid;
	struct bucket bucket;
};

struct bus_budget {
	struct vec users; /* struct budget_user, owned, sorted by uid */
	struct bucket all;
};

static const struct bucket_size budget_of_user = { BUS_BUDGET_USER_USEC,
						   BUS_BUDGET_USER_SHARE_USEC };
static const struct bucket_size budget_of_all = { BUS_BUDGET_ALL_USEC, BUS_BUDGET_ALL_SHARE_USEC };

/* --- one bucket --- */

/* Returns the time in which @tokens are added. */
static uint64_t bucket_time(const struct bucket_size *size, int64_t tokens)
{
	return ((uint64_t)tokens * 1000000 + (uint64_t)size->share - 1) / (uint64_t)size->share;
}

static void bucket_fill(struct bucket *bucket, const struct bucket_size *size, uint64_t now)
{
	uint64_t passed = now - bucket->filled_usec, tokens;

	if (passed >= bucket_time(size, size->full - bucket->level)) {
		*bucket = (struct bucket){ size->full, now };
		return;
	}
	/* the rest of the division counts the next time */
	tokens = passed * (uint64_t)size->share / 1000000;
	bucket->level += (int64_t)tokens;
	bucket->filled_usec += tokens * 1000000 / (uint64_t)size->share;
}

static void bucket_take(struct bucket *bucket, const struct bucket_size *size, uint64_t usec)
{
	int64_t least = -size->full;

	if (usec >= (uint64_t)(bucket->level - least))
		bucket->level = least;
	else
		bucket->level -= (int64_t)usec;
}

/* Returns the time until the level is @level. */
static uint64_t bucket_wait(const struct bucket *bucket, const struct bucket_size *size,
			    int64_t level)
{
	return bucket->level < level ? bucket_time(size, level - bucket->level) : 0;
}

/* --- users --- */

static struct budget_user *budget_user_free(struct budget_user *user)
{
	free(user);
	return NULL;
}

static DEFINE_VEC_CLEAR(budget_users_clear, struct budget_user, budget_user_free)

static int budget_user_cmp(const void *key, const void *item)
{
	uid_t a = *(const uid_t *)key, b = ((const struct budget_user *)item)->uid;

	return (a > b) - (a < b);
}

static void bus_budget_forget_full(struct bus_budget *budget, uint64_t now)
{
	for (size_t i = budget->users.n; i-- > 0;) {
		struct budget_user *user = budget->users.items[i];

		bucket_fill(&user->bucket, &budget_of_user, now);
		if (user->bucket.level == budget_of_user.full)
			budget_user_free(vec_remove_at(&budget->users, i));
	}
}

/* Returns the user's bucket, filled; NULL when out of memory. */
static struct bucket *bus_budget_find(struct bus_budget *budget, uid_t uid, uint64_t now)
{
	struct budget_user *user;
	size_t at = 0;
	ptrdiff_t i = vec_find_sorted(&budget->users, &uid, budget_user_cmp, &at);

	if (i >= 0) {
		user = budget->users.items[i];
		bucket_fill(&user->bucket, &budget_of_user, now);
		return &user->bucket;
	}
	if (budget->users.n >= MANY_USERS) {
		bus_budget_forget_full(budget, now);
		vec_find_sorted(&budget->users, &uid, budget_user_cmp, &at);
	}
	user = calloc(1, sizeof(*user));
	if (!user)
		return NULL;
	*user = (struct budget_user){ uid, { budget_of_user.full, now } };
	if (vec_insert(&budget->users, at, user) < 0) {
		free(user);
		return NULL;
	}
	return &user->bucket;
}

struct bus_budget *bus_budget_new(uint64_t now)
{
	struct bus_budget *budget = calloc(1, sizeof(*budget));

	if (budget)
		budget->all = (struct bucket){ budget_of_all.full, now };
	return budget;
}

struct bus_budget *bus_budget_free(struct bus_budget *budget)
{
	if (!budget)
		return NULL;
	budget_users_clear(&budget->users);
	free(budget);
	return NULL;
}

uint64_t bus_budget_wait(struct bus_budget *budget, uid_t uid, uint64_t now)
{
	const struct bucket *own;
	uint64_t own_wait, all_wait;

	if (uid == 0)
		return 0;
	own = bus_budget_find(budget, uid, now);
	if (!own)
		return 1000000;
	bucket_fill(&budget->all, &budget_of_all, now);
	if (budget->all.level > 0)
		return bucket_wait(own, &budget_of_user, 1);
	own_wait = bucket_wait(own, &budget_of_user, budget_of_user.full / 2);
	all_wait = bucket_wait(&budget->all, &budget_of_all, 1);
	return own_wait < all_wait ? own_wait : all_wait;
}

void bus_budget_charge(struct bus_budget *budget, uid_t uid, uint64_t usec, uint64_t now)
{
	struct bucket *own;

	if (uid == 0)
		return;
	own = bus_budget_find(budget, uid, now);
	if (own)
		bucket_take(own, &budget_of_user, usec);
	bucket_fill(&budget->all, &budget_of_all, now);
	bucket_take(&budget->all, &budget_of_all, usec);
}
