/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Inside the codecs only. The tables for the fields of an inventory. */

#include "model/json/codec-fields.h"

#define INVENTORY_VERSION 1

extern const struct codec_field codec_inventory_fields[];
extern const size_t codec_inventory_n_fields;
extern const struct codec_field codec_device_fields[]; /* of any bus, without bus and address */
extern const size_t codec_device_n_fields;
extern const struct codec_field codec_pci_fields[]; /* of PCI functions in addition */
extern const size_t codec_pci_n_fields;
extern const struct codec_field codec_mdev_type_fields[];
extern const size_t codec_mdev_type_n_fields;
extern const struct codec_field codec_usage_fields[];
extern const size_t codec_usage_n_fields;
extern const struct codec_field codec_errors_fields[];
extern const size_t codec_errors_n_fields;
