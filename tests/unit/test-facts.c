/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "host-builder.h"
#include "model/vfio-facts.h"
#include "policy/devinfo/device-facts.h"
#include "policy/devinfo/dma-facts.h"
#include "policy/devinfo/iommu-unit.h"

/* Returns a host with a NIC, which has an MSI-X table of ten vectors in BAR 3. */
static struct inventory *make_host(struct device **ret)
{
	struct inventory *inv = inventory_new();
	struct device *nic = host_builder_add_pci(inv, "0000:01:00.0", NULL, 9);

	host_builder_add_config(nic, 4096);
	host_builder_put_config32(nic, 0x04, 0x00100006);
	nic->config[0x34] = 0xa0;
	host_builder_put_config32(nic, 0xa0, 0x00090011);
	host_builder_put_config32(nic, 0xa4, 0x00000003);
	host_builder_put_config32(nic, 0xa8, 0x00002003);
	nic->resources[0] = (struct device_resource){ 0xfe000000, 0xfe01ffff, 0x40200 };
	nic->resources[2] = (struct device_resource){ 0xe000, 0xe01f, 0x40101 };
	nic->resources[3] = (struct device_resource){ 0xfe020000, 0xfe023fff, 0x14220c };
	ck_assert_int_eq(str_set(&inv->source, "kernel"), 0);
	inv->has_vfio = true;
	*ret = nic;
	return inv;
}

static void get_facts(const struct inventory *inv, const struct device *device, const char *part,
		      struct vec *facts)
{
	facts_clear(facts);
	ck_assert_int_eq(device_facts_get(inv, device, part, facts), 0);
}

/* Returns the item with this name in a list, such as "bar0" in "regions". */
static const struct vec *find_item(const struct vec *facts, const char *list, const char *name)
{
	const struct fact *found = facts_find(facts, list);

	ck_assert_ptr_nonnull(found);
	VEC_FOREACH(const struct fact, item, &found->items)
		if (str_eq(facts_text(&item->items, "name"), name))
			return &item->items;
	ck_abort_msg("no %s in %s", name, list);
	return NULL;
}

START_TEST(test_vfio_info_lines_are_parsed)
{
	char *lines[] = { (char *)"source vfio type1v2",
			  (char *)"range 0x0 0xfedfffff",
			  (char *)"entries 65535",
			  (char *)"range 0xfef00000 0xffffffffffffffff",
			  (char *)"range",
			  NULL };
	char *const *at = lines;
	struct vfio_facts_line line;

	ck_assert(vfio_facts_next(&at, "range", &line));
	ck_assert_uint_eq(line.n, 2);
	ck_assert_uint_eq(line.numbers[1], 0xfedfffff);
	ck_assert(vfio_facts_next(&at, "range", &line));
	ck_assert_uint_eq(line.numbers[1], UINT64_MAX);
	ck_assert(vfio_facts_next(&at, "range", &line));
	ck_assert_uint_eq(line.n, 0);
	ck_assert(!vfio_facts_next(&at, "range", &line));
	ck_assert_str_eq(vfio_facts_word(lines, "source"), "vfio type1v2");
	ck_assert_ptr_null(vfio_facts_word(lines, "sour"));
	ck_assert(!vfio_facts_parse("", &line));
	ck_assert(!vfio_facts_parse("a-word-that-is-longer-than-any-name 1", &line));
}
END_TEST

START_TEST(test_later_vfio_info_replaces_earlier)
{
	static const char *const said[] = { "source vfio type1v2", "range 0x0 0xfff",
					    "range 0x2000 0x2fff", "page-sizes 0x1000",
					    "source iommufd",	   "range 0x0 0xffff",
					    "alignment 0x1000",	   "source vfio type1",
					    "range 0x0 0xfff",	   "page-sizes 0x201000",
					    "refused EIO",	   "source iommufd",
					    "range 0x0 0xff" };
	_cleanup_strv_ char **lines = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(said); i++)
		ck_assert_int_eq(vfio_facts_add(&lines, said[i]), 0);
	ck_assert_str_eq(vfio_facts_word(lines, "source"), "iommufd");
	ck_assert_str_eq(vfio_facts_word(lines, "range"), "0x0 0xff");
	ck_assert_str_eq(vfio_facts_word(lines, "page-sizes"), "0x201000");
	ck_assert_str_eq(vfio_facts_word(lines, "alignment"), "0x1000");
	ck_assert_ptr_null(vfio_facts_word(lines, "refused"));
	ck_assert_ptr_nonnull(lines[3]);
	ck_assert_ptr_null(lines[4]);
}
END_TEST

START_TEST(test_dma_windows_of_vfio)
{
	struct device *nic;
	_cleanup_inventory_ struct inventory *inv = make_host(&nic);
	_cleanup_facts_ struct vec facts = { 0 };
	struct iommu_group *group = inventory_find_group(inv, 9);
	const struct fact *list;

	get_facts(inv, nic, "dma", &facts);
	ck_assert_ptr_nonnull(strstr(facts_text(&facts, "why"), "was not yet"));
	ck_assert_uint_eq(facts_find(&facts, "windows")->items.n, 0);
	ck_assert_int_eq(strv_add(&group->vfio_info_lines, "source vfio type1v2"), 0);
	ck_assert_int_eq(strv_add(&group->vfio_info_lines, "range 0x0 0xfedfffff"), 0);
	ck_assert_int_eq(strv_add(&group->vfio_info_lines, "range 0xfef00000 0x7fffffffff"), 0);
	ck_assert_int_eq(strv_add(&group->vfio_info_lines, "page-sizes 0x40201000"), 0);
	ck_assert_int_eq(strv_add(&group->vfio_info_lines, "entries 65535"), 0);
	ck_assert_int_eq(strv_add(&group->vfio_info_lines, "window32 0x0 0x7fffffff"), 0);
	ck_assert_int_eq(strv_add(&group->vfio_info_lines, "window64 0x11000 1 5"), 0);
	get_facts(inv, nic, "dma", &facts);
	ck_assert_str_eq(facts_text(&facts, "why"), "");
	ck_assert_str_eq(facts_text(&facts, "source"), "vfio type1v2");
	ck_assert_uint_eq(facts_number(&facts, "entries"), 65535);
	list = facts_find(&facts, "windows");
	ck_assert_uint_eq(list->items.n, 3);
	ck_assert_uint_eq(facts_number(&((struct fact *)list->items.items[1])->items, "first"),
			  0xfef00000);
	list = facts_find(&facts, "page-sizes");
	ck_assert_uint_eq(list->items.n, 3);
	ck_assert_uint_eq(((struct fact *)list->items.items[2])->number, 1u << 30);
	list = facts_find(&facts, "window64");
	ck_assert_uint_eq(facts_number(&list->items, "levels"), 5);
	/* VFIO refused the question */
	group->vfio_info_lines = strv_free(group->vfio_info_lines);
	ck_assert_int_eq(strv_add(&group->vfio_info_lines, "refused Operation not permitted"), 0);
	get_facts(inv, nic, "dma", &facts);
	ck_assert_ptr_nonnull(strstr(facts_text(&facts, "why"), "not permitted"));
}
END_TEST

/* iommufd reports the alignment of addresses, but no page sizes. */
START_TEST(test_dma_windows_of_iommufd)
{
	struct device *nic;
	_cleanup_inventory_ struct inventory *inv = make_host(&nic);
	struct iommu_group *group = inventory_find_group(inv, nic->iommu_group);
	_cleanup_facts_ struct vec facts = { 0 };

	ck_assert_int_eq(strv_add(&group->vfio_info_lines, "source iommufd"), 0);
	ck_assert_int_eq(strv_add(&group->vfio_info_lines, "range 0x0 0xfedfffff"), 0);
	ck_assert_int_eq(strv_add(&group->vfio_info_lines, "alignment 0x1000"), 0);
	get_facts(inv, nic, "dma", &facts);
	ck_assert_str_eq(facts_text(&facts, "source"), "iommufd");
	ck_assert_uint_eq(facts_number(&facts, "alignment"), 4096);
	ck_assert_ptr_null(facts_find(&facts, "page-sizes"));
}
END_TEST

START_TEST(test_reserved_regions_are_parsed)
{
	struct device *nic;
	_cleanup_inventory_ struct inventory *inv = make_host(&nic);
	struct reserved_region region;

	ck_assert(dma_facts_parse_reserved(inv, "0x00000000fee00000 0x00000000feefffff msi",
					   &region));
	ck_assert_uint_eq(region.first, 0xfee00000);
	ck_assert_uint_eq(region.last, 0xfeefffff);
	ck_assert_str_eq(region.type, "msi");
	ck_assert_int_eq(strv_add(&inv->iommus, "dmar0 intel-iommu cap 0 ecap 0"), 0);
	ck_assert(dma_facts_parse_reserved(inv, "0x0 0xffffff direct", &region));
	ck_assert_str_eq(region.name, "RMRR");
	ck_assert(dma_facts_parse_reserved(inv, "0x0 0xffffff direct-relaxable", &region));
	ck_assert_str_eq(region.name, "RMRR");
	inv->iommus = strv_free(inv->iommus);
	ck_assert_int_eq(strv_add(&inv->iommus, "ivhd0 amd-iommu"), 0);
	ck_assert(dma_facts_parse_reserved(inv, "0x0 0xffffff direct", &region));
	ck_assert_str_eq(region.name, "IVMD unity map");
	ck_assert(dma_facts_parse_reserved(inv, "0x0 0xffffff brand-new", &region));
	ck_assert_str_eq(region.type, "unknown");
	ck_assert(!dma_facts_parse_reserved(inv, "0x0", &region));
}
END_TEST

START_TEST(test_bars_and_their_mappings)
{
	struct device *nic;
	_cleanup_inventory_ struct inventory *inv = make_host(&nic);
	_cleanup_facts_ struct vec facts = { 0 };
	const struct vec *bar;

	get_facts(inv, nic, "mmio", &facts);
	bar = find_item(&facts, "regions", "bar0");
	ck_assert_uint_eq(facts_number(bar, "size"), 0x20000);
	ck_assert_str_eq(facts_text(bar, "map"), "yes");
	ck_assert(!facts_number(bar, "64bit"));
	bar = find_item(&facts, "regions", "bar2");
	ck_assert_str_eq(facts_text(bar, "kind"), "io");
	ck_assert_str_eq(facts_text(bar, "map"), "no");
	bar = find_item(&facts, "regions", "bar3");
	ck_assert_str_eq(facts_text(bar, "map"), "partial");
	ck_assert(facts_number(bar, "64bit") && facts_number(bar, "prefetchable"));
	ck_assert(facts_number(&facts, "port-io"));
	ck_assert(facts_number(&facts, "msix-table-maskable"));
	ck_assert(!facts_number(&facts, "needs-relocation"));
	ck_assert(facts_number(&facts, "small-bar-safe"));
	ck_assert_str_eq(facts_text(&facts, "rom"), "none");
	/* registers before the table in the same page */
	host_builder_put_config32(nic, 0xa4, 0x00000803);
	get_facts(inv, nic, "mmio", &facts);
	ck_assert(!facts_number(&facts, "msix-table-maskable"));
	ck_assert(facts_number(&facts, "needs-relocation"));
	/* an answer of VFIO takes precedence over a derived fact */
	ck_assert_int_eq(strv_add(&nic->vfio_info_lines, "region 3 0xf 0x4000"), 0);
	ck_assert_int_eq(strv_add(&nic->vfio_info_lines, "sparse 3 0x1000 0x3000"), 0);
	ck_assert_int_eq(strv_add(&nic->vfio_info_lines, "region 0 0x3 0x20000"), 0);
	get_facts(inv, nic, "mmio", &facts);
	bar = find_item(&facts, "regions", "bar3");
	ck_assert_str_eq(facts_text(bar, "source"), "vfio");
	ck_assert_str_eq(facts_text(bar, "map"), "partial");
	ck_assert_uint_eq(facts_find(bar, "sparse")->items.n, 1);
	ck_assert_str_eq(facts_text(find_item(&facts, "regions", "bar0"), "map"), "no");
}
END_TEST

START_TEST(test_small_bar_that_shares_a_page)
{
	struct device *nic, *other;
	_cleanup_inventory_ struct inventory *inv = make_host(&nic);
	_cleanup_facts_ struct vec facts = { 0 };
	const struct vec *bar;

	other = host_builder_add_pci(inv, "0000:01:00.1", NULL, IOMMU_GROUP_NONE);
	other->resources[0] = (struct device_resource){ 0xfe030800, 0xfe0308ff, 0x200 };
	nic->resources[1] = (struct device_resource){ 0xfe030000, 0xfe0300ff, 0x200 };
	get_facts(inv, nic, "mmio", &facts);
	bar = find_item(&facts, "regions", "bar1");
	ck_assert(!facts_number(bar, "small-bar-safe"));
	ck_assert_str_eq(facts_text(bar, "shares-page-with"), "BAR 0 of 0000:01:00.1");
	ck_assert_str_eq(facts_text(bar, "map"), "no");
	ck_assert(!facts_number(&facts, "small-bar-safe"));
	/* alone at the start of its page, the BAR may be mapped with the whole page */
	other->resources[0] = (struct device_resource){ 0xfe040800, 0xfe0408ff, 0x200 };
	get_facts(inv, nic, "mmio", &facts);
	ck_assert_str_eq(facts_text(find_item(&facts, "regions", "bar1"), "map"), "yes");
	ck_assert(facts_number(&facts, "small-bar-safe"));
	get_facts(inv, other, "mmio", &facts);
	ck_assert(!facts_number(&facts, "small-bar-safe"));
	ck_assert_uint_eq(facts_number(find_item(&facts, "regions", "bar0"), "page-offset"), 0x800);
}
END_TEST

START_TEST(test_iommu_unit_is_decoded)
{
	struct device *nic;
	_cleanup_inventory_ struct inventory *inv = make_host(&nic);
	struct iommu_unit unit;

	ck_assert(!iommu_unit_find(inv, nic, &unit));
	ck_assert_int_eq(str_set(&nic->iommu, "dmar1"), 0);
	ck_assert_int_eq(strv_add(&inv->iommus, "dmar0 intel-iommu cap 0 ecap 0"), 0);
	ck_assert_int_eq(strv_add(&inv->iommus, "dmar1 intel-iommu cap d2008c40660462 ecap f050da"),
			 0);
	ck_assert(iommu_unit_find(inv, nic, &unit));
	ck_assert_str_eq(unit.kind, "VT-d");
	ck_assert_uint_eq(unit.address_bits, 39);
	ck_assert_int_eq(unit.pasid, IOMMU_UNIT_NO);
	ck_assert_int_eq(unit.ats, IOMMU_UNIT_NO);
	/* Sapphire Rapids: PASIDs of 20 bits, page requests, device TLBs */
	inv->iommus = strv_free(inv->iommus);
	ck_assert_int_eq(strv_add(&inv->iommus,
				  "dmar1 intel-iommu cap 19ed008c40780c66 ecap 3ef9a6f026f05e"),
			 0);
	ck_assert(iommu_unit_find(inv, nic, &unit));
	ck_assert_int_eq(unit.pasid, IOMMU_UNIT_NO + ((0x3ef9a6f026f05eull >> 40) & 1));
	ck_assert_uint_eq(unit.address_bits, ((0x19ed008c40780c66ull >> 16) & 0x3f) + 1);
	ck_assert_int_eq(str_set(&nic->iommu, "smmu3.0x0000000009050000"), 0);
	ck_assert_int_eq(strv_add(&inv->iommus, "smmu3.0x0000000009050000 -"), 0);
	ck_assert(iommu_unit_find(inv, nic, &unit));
	ck_assert_int_eq(unit.pasid, IOMMU_UNIT_UNKNOWN);
	ck_assert_str_eq(unit.kind, "SMMU");
}
END_TEST

/* A PF with PASID enabled, and one of its virtual functions. */
START_TEST(test_pasid_of_pf_and_vf)
{
	struct device *pf, *vf;
	_cleanup_inventory_ struct inventory *inv = make_host(&pf);
	_cleanup_facts_ struct vec facts = { 0 };
	const struct vec *pasid;

	get_facts(inv, pf, "pasid", &facts);
	ck_assert_uint_eq(facts.n, 0);
	host_builder_put_config32(pf, 0x100, 0x2001001b);
	host_builder_put_config32(pf, 0x104, 0x00031406);
	host_builder_put_config32(pf, 0x200, 0x0001000f);
	host_builder_put_config32(pf, 0x204, 0x80000060);
	vf = host_builder_add_pci(inv, "0000:01:10.0", NULL, IOMMU_GROUP_NONE);
	host_builder_add_config(vf, 4096);
	host_builder_put_config32(vf, 0x100, 0x0001000e);
	ck_assert_int_eq(str_set(&vf->physfn, pf->key), 0);
	get_facts(inv, pf, "pasid", &facts);
	pasid = &facts_find(&facts, "pasid")->items;
	ck_assert_str_eq(facts_text(pasid, "state"), "own");
	ck_assert_uint_eq(facts_number(pasid, "bits"), 20);
	ck_assert(facts_number(pasid, "enabled") && facts_number(pasid, "execute-enabled"));
	ck_assert(facts_number(pasid, "privileged") && !facts_number(pasid, "privileged-enabled"));
	ck_assert(facts_number(&facts_find(&facts, "ats")->items, "enabled"));
	get_facts(inv, vf, "pasid", &facts);
	pasid = &facts_find(&facts, "pasid")->items;
	ck_assert_str_eq(facts_text(pasid, "state"), "shared");
	ck_assert_str_eq(facts_text(pasid, "of"), pf->key);
	ck_assert_str_eq(facts_text(&facts_find(&facts, "ats")->items, "state"), "not-inherited");
	get_facts(inv, vf, "virtual-capabilities", &facts);
	pasid = &facts_find(&facts, "pasid")->items;
	ck_assert_str_eq(facts_text(pasid, "state"), "shared");
	ck_assert_uint_eq(facts_number(pasid, "offset"),
			  0xff8); /* the VF has ARI at the offset that the PF uses */
	ck_assert_uint_eq(facts_number(pasid, "previous-header"), 0xff81000e);
	ck_assert_str_eq(facts_text(pasid, "registers"), "1b00010006140000");
	ck_assert_ptr_null(facts_find(&facts, "pri"));
	/* an answer of the kernel takes precedence */
	ck_assert_int_eq(strv_add(&vf->vfio_info_lines, "pasid 0 0"), 0);
	get_facts(inv, vf, "virtual-capabilities", &facts);
	pasid = &facts_find(&facts, "pasid")->items;
	ck_assert_str_eq(facts_text(pasid, "state"), "denied");
	ck_assert_ptr_null(facts_find(pasid, "offset"));
	vf->vfio_info_lines = strv_free(vf->vfio_info_lines);
	ck_assert_int_eq(strv_add(&vf->vfio_info_lines, "module-pasid 1048576"), 0);
	get_facts(inv, vf, "virtual-capabilities", &facts);
	ck_assert_str_eq(facts_text(&facts_find(&facts, "pasid")->items, "state"), "shared");
	get_facts(inv, vf, "pasid", &facts);
	ck_assert_uint_eq(facts_number(&facts_find(&facts, "module")->items, "pasids"), 1048576);
	vf->vfio_info_lines = strv_free(vf->vfio_info_lines);
	ck_assert_int_eq(strv_add(&vf->vfio_info_lines, "module-pasid 0"), 0);
	get_facts(inv, vf, "virtual-capabilities", &facts);
	ck_assert_str_eq(facts_text(&facts_find(&facts, "pasid")->items, "state"), "denied");
}
END_TEST

SUITE("facts", test_vfio_info_lines_are_parsed, test_later_vfio_info_replaces_earlier,
      test_dma_windows_of_vfio, test_dma_windows_of_iommufd, test_reserved_regions_are_parsed,
      test_bars_and_their_mappings, test_small_bar_that_shares_a_page, test_iommu_unit_is_decoded,
      test_pasid_of_pf_and_vf)
