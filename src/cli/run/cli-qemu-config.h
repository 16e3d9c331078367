/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Secret options of QEMU. Every user can read a command line (ps(1)), so these go into a file for
 * -readconfig that is a descriptor. Pure: opens no file.
 */

#include "base/macro.h"

/*
 * Removes each "-device" with a VF token from @words and appends "-readconfig @path". *ret_text is
 * the text of that file; NULL: nothing is secret. The caller frees it. 0 or -ENOMEM.
 */
int cli_qemu_config_hide(char ***words, const char *path, char **ret_text) _must_check_;
