/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A decoder for the lines of the inventory about IOMMU units. */

#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "policy/devinfo/iommu-unit.h"

static const char *iommu_unit_kind_of_name(const char *name)
{
	static const struct {
		const char *prefix, *kind;
	} kinds[] = {
		{ "dmar", "VT-d" },	{ "ivhd", "AMD-Vi" },	      { "smmu", "SMMU" },
		{ "arm-smmu", "SMMU" }, { "virtio", "virtio-iommu" }, { "iommu-phb", "sPAPR" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (str_starts(name, kinds[i].prefix))
			return kinds[i].kind;
	return "";
}

static bool iommu_unit_find_register(char *const *words, const char *name, uint64_t *ret)
{
	for (size_t i = 0; words[i] && words[i + 1]; i++) {
		const char *digits = words[i + 1];

		if (!str_eq(words[i], name))
			continue;
		if (str_starts(digits, "0x"))
			digits += 2;
		return str_parse_u64(digits, 16, UINT64_MAX, ret) >= 0;
	}
	return false;
}

static enum iommu_unit_answer iommu_unit_bit(uint64_t value, unsigned number)
{
	return value >> number & 1 ? IOMMU_UNIT_YES : IOMMU_UNIT_NO;
}

/* Intel VT-d specification, 11.4.2 and 11.4.3: capability and extended capability registers. */
static void iommu_unit_decode_intel(char *const *words, struct iommu_unit *unit)
{
	uint64_t cap, ecap;

	if (iommu_unit_find_register(words, "cap", &cap))
		unit->address_bits = (cap >> 16 & 0x3f) + 1;
	if (!iommu_unit_find_register(words, "ecap", &ecap))
		return;
	unit->pasid = iommu_unit_bit(ecap, 40);
	unit->pri = iommu_unit_bit(ecap, 29);
	unit->ats = iommu_unit_bit(ecap, 2);
	unit->execute = iommu_unit_bit(ecap, 30);
	unit->privileged = iommu_unit_bit(ecap, 31);
	unit->pasid_bits = unit->pasid == IOMMU_UNIT_YES ? (ecap >> 35 & 0x1f) + 1 : 0;
}

/* AMD IOMMU specification, 3.2 and 3.4.9: capability header and extended features. */
static void iommu_unit_decode_amd(char *const *words, struct iommu_unit *unit)
{
	uint64_t cap, features;

	if (iommu_unit_find_register(words, "cap", &cap))
		unit->ats = iommu_unit_bit(cap, 24);
	if (!iommu_unit_find_register(words, "features", &features))
		return;
	unit->pri = iommu_unit_bit(features, 1);
	unit->execute = iommu_unit_bit(features, 3);
	unit->pasid = iommu_unit_bit(features, 4); /* guest translation is by PASID */
	unit->pasid_bits = unit->pasid == IOMMU_UNIT_YES ? (features >> 32 & 0x1f) + 1 : 0;
}

static bool iommu_unit_parse(const char *line, const char *name, struct iommu_unit *ret)
{
	_cleanup_strv_ char **words = NULL;

	if (strv_split(line, " ", &words) < 0 || !words || !str_eq(words[0], name))
		return false;
	*ret = (struct iommu_unit){ .kind = iommu_unit_kind_of_name(name),
				    .pasid = IOMMU_UNIT_UNKNOWN,
				    .pri = IOMMU_UNIT_UNKNOWN,
				    .ats = IOMMU_UNIT_UNKNOWN,
				    .execute = IOMMU_UNIT_UNKNOWN,
				    .privileged = IOMMU_UNIT_UNKNOWN };
	snprintf(ret->name, sizeof(ret->name), "%s", name);
	if (str_eq(words[1], "intel-iommu"))
		iommu_unit_decode_intel(words, ret);
	else if (str_eq(words[1], "amd-iommu"))
		iommu_unit_decode_amd(words, ret);
	return true;
}

bool iommu_unit_find(const struct inventory *inv, const struct device *device,
		     struct iommu_unit *ret)
{
	STRV_FOREACH(line, inv->iommus)
		if (device->iommu && iommu_unit_parse(*line, device->iommu, ret))
			return true;
	return false;
}

const char *iommu_unit_kind(const struct inventory *inv)
{
	STRV_FOREACH(line, inv->iommus)
		if (*iommu_unit_kind_of_name(*line))
			return iommu_unit_kind_of_name(*line);
	return "";
}
