/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The parts of the report card. Each appends its advice and returns 0 or -ENOMEM. Only report*.c
 * includes this.
 */

#include "policy/report/report-part.h"

/* report-platform.c: IOMMU, interrupts, command line */
int report_platform(const struct inventory *inv, struct report_card *card) _must_check_;
/* report-isolation.c: the causes of group sizes */
int report_isolation(const struct inventory *inv, struct report_card *card) _must_check_;
/* report-devices.c: reserved memory, resets, BARs */
int report_devices(const struct report_host *host, struct report_card *card) _must_check_;
