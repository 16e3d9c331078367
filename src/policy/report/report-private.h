/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The parts of the report card; only report*.c include this. */

#include "policy/report/report-part.h"

/* report-platform.c: IOMMU, interrupts, command line */
int report_platform(const struct inventory *inv, struct report_card *card) _must_check_;
/* report-isolation.c: why groups are as large as they are */
int report_isolation(const struct inventory *inv, struct report_card *card) _must_check_;
/* report-devices.c: reserved memory, resets, BARs */
int report_devices(const struct inventory *inv, struct report_card *card) _must_check_;
