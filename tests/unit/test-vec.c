/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <string.h>

#include "base/vec.h"

static int compare_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void *as_item(const char *s)
{
	return (void *)s;
}

START_TEST(test_add_keeps_order)
{
	_cleanup_vec_ struct vec vec = {};

	for (size_t i = 0; i < 1000; i++)
		ck_assert_int_eq(vec_add(&vec, (void *)(i + 1)), 0);
	ck_assert_uint_eq(vec.n, 1000);
	for (size_t i = 0; i < 1000; i++)
		ck_assert_ptr_eq(vec.items[i], (void *)(i + 1));
}
END_TEST

START_TEST(test_insert_and_remove)
{
	_cleanup_vec_ struct vec vec = {};
	char a[] = "a", b[] = "b", c[] = "c";

	ck_assert_int_eq(vec_insert(&vec, 0, c), 0);
	ck_assert_int_eq(vec_insert(&vec, 0, a), 0);
	ck_assert_int_eq(vec_insert(&vec, 1, b), 0);
	ck_assert_ptr_eq(vec.items[0], a);
	ck_assert_ptr_eq(vec.items[1], b);
	ck_assert_ptr_eq(vec.items[2], c);
	ck_assert(vec_has(&vec, b));
	ck_assert(!vec_has(&vec, &vec));

	ck_assert_ptr_eq(vec_remove_at(&vec, 1), b);
	ck_assert_uint_eq(vec.n, 2);
	ck_assert_ptr_eq(vec.items[1], c);
	ck_assert(!vec_remove(&vec, b));
	ck_assert(vec_remove(&vec, a));
	ck_assert(vec_remove(&vec, c));
	ck_assert_uint_eq(vec.n, 0);
}
END_TEST

START_TEST(test_find_in_sorted_vector)
{
	_cleanup_vec_ struct vec vec = {};
	static const char *const words[] = { "pci", "mdev", "platform", "vfio", "ccw" };
	size_t at = 99;

	ck_assert_int_eq(vec_find_sorted(&vec, "x", compare_text, &at), -1);
	ck_assert_uint_eq(at, 0);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		ck_assert_int_eq(vec_add(&vec, as_item(words[i])), 0);
	vec_sort(&vec, compare_text);
	for (size_t i = 1; i < vec.n; i++)
		ck_assert_str_lt(vec.items[i - 1], vec.items[i]);
	for (size_t i = 0; i < vec.n; i++)
		ck_assert_int_eq(vec_find_sorted(&vec, vec.items[i], compare_text, NULL), (int)i);

	ck_assert_int_eq(vec_find_sorted(&vec, "a", compare_text, &at), -1);
	ck_assert_uint_eq(at, 0);
	ck_assert_int_eq(vec_find_sorted(&vec, "nvme", compare_text, &at), -1);
	ck_assert_uint_eq(at, 2);
	ck_assert_int_eq(vec_find_sorted(&vec, "z", compare_text, &at), -1);
	ck_assert_uint_eq(at, 5);
}
END_TEST

static unsigned destroyed;

static void destroy(char *item)
{
	destroyed++;
	free(item);
}

static DEFINE_VEC_CLEAR(clear, char, destroy)

START_TEST(test_clear_frees_each_once)
{
	struct vec vec = {};

	for (size_t i = 0; i < 17; i++)
		ck_assert_int_eq(vec_add(&vec, malloc(1)), 0);
	clear(&vec);
	ck_assert_uint_eq(destroyed, 17);
	ck_assert_uint_eq(vec.n, 0);
	ck_assert_ptr_null(vec.items);
	clear(&vec);
	ck_assert_uint_eq(destroyed, 17);
}
END_TEST

START_TEST(test_foreach_nests)
{
	_cleanup_vec_ struct vec vec = {};
	size_t outer = 0, inner = 0;

	VEC_FOREACH(char, none, &vec)
		ck_abort_msg("element %s in an empty vector", none);
	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(vec_add(&vec, as_item("x")), 0);
	VEC_FOREACH(char, a, &vec) {
		ck_assert_str_eq(a, "x");
		outer++;
		if (a_i == 1)
			continue;
		VEC_FOREACH(char, b, &vec) {
			ck_assert_str_eq(b, "x");
			inner++;
		}
	}
	ck_assert_uint_eq(outer, 4);
	ck_assert_uint_eq(inner, 12);
}
END_TEST

SUITE("vec", test_add_keeps_order, test_insert_and_remove, test_find_in_sorted_vector,
      test_clear_frees_each_once, test_foreach_nests)
