/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A quirk: its memory, and the words that its keys allow. */

#include <string.h>

#include "base/strv.h"
#include "model/quirk.h"

const char *const quirk_topics[] = {
	"bus-reset", "pm-reset",  "flr",       "reset", "intx", "interrupt-pin", "msi-x", "rom",
	"vga",	     "dma-alias", "isolation", "vfio",	NULL,
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

struct quirk *quirk_new(const char *name)
{
	_cleanup_quirk_ struct quirk *quirk = calloc(1, sizeof(*quirk));

	if (!quirk)
		return NULL;
	quirk->class_code = -1;
	quirk->name = strdup(name);
	return quirk->name ? TAKE_PTR(quirk) : NULL;
}

static void quirk_setting_free(struct quirk_setting *setting)
{
	free(setting->value);
	free(setting);
}

static DEFINE_VEC_CLEAR(quirk_clear_ids, struct quirk_ids, free)
static DEFINE_VEC_CLEAR(quirk_clear_settings, struct quirk_setting, quirk_setting_free)

struct quirk *quirk_free(struct quirk *quirk)
{
	if (!quirk)
		return NULL;
	free(quirk->name);
	quirk_clear_ids(&quirk->ids);
	strv_free(quirk->never);
	strv_free(quirk->prefer);
	quirk_clear_settings(&quirk->settings);
	free(quirk->text);
	free(quirk->source);
	free(quirk->file);
	free(quirk);
	return NULL;
}
