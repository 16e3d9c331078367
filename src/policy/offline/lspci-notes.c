/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "base/utf8.h"
#include "policy/offline/lspci-notes.h"

#define TEXT_SHOWN 40 /* bytes of a line */

int lspci_notes_add_unread(struct lspci_notes *notes, const char *line)
{
	char text[TEXT_SHOWN];

	if (notes->n_unread < LSPCI_NOTES_SHOWN) {
		char **place = &notes->unread[notes->n_unread];

		utf8_fit(text, sizeof(text), line + strspn(line, " \t"));
		*place = str_printf("%u (\"%s%s\")", notes->line, text,
				    strlen(line) >= sizeof(text) ? "…" : "");
		if (!*place)
			return -ENOMEM;
	}
	notes->n_unread++;
	return 0;
}

int lspci_notes_add_gap(struct lspci_notes *notes, const char *key)
{
	if (notes->n_gaps < LSPCI_NOTES_SHOWN) {
		int r = str_set(&notes->gaps[notes->n_gaps], key);

		if (r < 0)
			return r;
	}
	notes->n_gaps++;
	return 0;
}

/* Returns "A, B, C and 3 more"; the caller frees it. NULL when out of memory. */
static char *lspci_notes_join(char *const *shown, size_t n)
{
	_cleanup_strv_ char **list = NULL;
	_cleanup_free_ char *text = NULL;

	for (size_t i = 0; i < n && i < LSPCI_NOTES_SHOWN; i++)
		if (strv_add(&list, shown[i]) < 0)
			return NULL;
	text = strv_join(list, ", ");
	if (!text || n <= LSPCI_NOTES_SHOWN)
		return TAKE_PTR(text);
	return str_printf("%s and %zu more", text, n - LSPCI_NOTES_SHOWN);
}

/* Takes @text over; NULL means out of memory. */
static int lspci_notes_warn(struct inventory *inv, char *text)
{
	_cleanup_free_ char *owned = text;

	return owned ? strv_add(&inv->notes, owned) : -ENOMEM;
}

static int lspci_notes_warn_unread(const struct lspci_notes *notes, struct inventory *inv)
{
	_cleanup_free_ char *list = lspci_notes_join(notes->unread, notes->n_unread);

	if (!list)
		return -ENOMEM;
	return lspci_notes_warn(inv, str_printf("%zu line%s of the dump %s not understood: %s.",
						notes->n_unread, notes->n_unread == 1 ? "" : "s",
						notes->n_unread == 1 ? "was" : "were", list));
}

static int lspci_notes_warn_gaps(const struct lspci_notes *notes, struct inventory *inv)
{
	_cleanup_free_ char *list = lspci_notes_join(notes->gaps, notes->n_gaps);

	if (!list)
		return -ENOMEM;
	return lspci_notes_warn(inv,
				str_printf("Rows of configuration space are missing or short "
					   "for %zu device%s: %s. The bytes after them are "
					   "not known.",
					   notes->n_gaps, notes->n_gaps == 1 ? "" : "s", list));
}

int lspci_notes_finish(const struct lspci_notes *notes, struct inventory *inv)
{
	int r;

	if (notes->n_unread > 0) {
		r = lspci_notes_warn_unread(notes, inv);
		if (r < 0)
			return r;
	}
	if (notes->n_gaps > 0) {
		r = lspci_notes_warn_gaps(notes, inv);
		if (r < 0)
			return r;
	}
	if (!notes->cut_device)
		return 0;
	return lspci_notes_warn(inv, str_printf("The dump ends within %s: it was cut. Its rest, "
						"and perhaps more devices, are not known.",
						notes->cut_device));
}

void lspci_notes_clear(struct lspci_notes *notes)
{
	for (size_t i = 0; i < LSPCI_NOTES_SHOWN; i++) {
		free(notes->unread[i]);
		free(notes->gaps[i]);
	}
	free(notes->cut_device);
}
