/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A quirk: its memory, and the words that its keys allow. */

#include <string.h>

#include "base/strv.h"
#include "model/quirk.h"

const char *const quirk_topics[] = {
	"bus-reset", "pm-reset", "flr",	      "reset",	   "intx", "interrupt-pin", "msi-x",
	"rom",	     "vga",	 "dma-alias", "isolation", "ats",  "vfio",	    NULL,
};

const char *const quirk_settings[] = {
	"rombar",
	"x-vga",
	"x-igd-opregion",
	"x-igd-lpc",
	"x-msix-relocation",
	"x-no-intx",
	"x-no-kvm-intx",
	"x-no-mmap",
	"x-no-geforce-quirks",
	"x-pci-sub-device-id",
	NULL,
};

const char *const quirk_refusers[] = { "vfio-pci", NULL };

struct quirk *quirk_new(const char *name)
{
	_cleanup_quirk_ struct quirk *quirk = calloc(1, sizeof(*quirk));

	if (!quirk)
		return NULL;
	quirk->name = strdup(name);
	return quirk->name ? TAKE_PTR(quirk) : NULL;
}

static void quirk_setting_free(struct quirk_setting *setting)
{
	free(setting->value);
	free(setting);
}

static DEFINE_VEC_CLEAR(quirk_clear_ids, struct quirk_ids, free)
static DEFINE_VEC_CLEAR(quirk_clear_classes, struct quirk_class, free)
static DEFINE_VEC_CLEAR(quirk_clear_revisions, struct quirk_revisions, free)
static DEFINE_VEC_CLEAR(quirk_clear_settings, struct quirk_setting, quirk_setting_free)

struct quirk *quirk_free(struct quirk *quirk)
{
	if (!quirk)
		return NULL;
	free(quirk->name);
	quirk_clear_ids(&quirk->ids);
	quirk_clear_classes(&quirk->classes);
	quirk_clear_revisions(&quirk->revisions);
	quirk_clear_ids(&quirk->subsystems);
	strv_free(quirk->never);
	strv_free(quirk->prefer);
	strv_free(quirk->adds);
	quirk_clear_settings(&quirk->settings);
	free(quirk->text);
	free(quirk->source);
	free(quirk->file);
	free(quirk);
	return NULL;
}
