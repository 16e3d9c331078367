/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <errno.h>
#include <string.h>

#include "host-builder.h"
#include "mutate.h"
#include "policy/devinfo/cap-space.h"
#include "policy/devinfo/pcicap.h"

static struct device *make_express_function(void)
{
	struct device *device = device_new("pci", "0000:01:00.0");

	host_builder_add_express(device, 0);
	device->config[0x4c] = 0x80; /* eight lanes */
	return device;
}

static void put_capability(struct device *device, size_t at, unsigned id, unsigned version,
			   size_t next)
{
	host_builder_put_config32(device, at, id | version << 16 | (uint32_t)next << 20);
}

static size_t length_of_capability(const struct device *device, unsigned id)
{
	struct cap_chain chain;
	const struct capability *cap;

	ck_assert_int_eq(cap_chain_read(device, &chain), 0);
	cap = cap_chain_find(&chain, true, (uint16_t)id);
	ck_assert_ptr_nonnull(cap);
	return cap_chain_end(&chain, cap, false) - cap->at;
}

/* --- lengths --- */

/* One capability at 0x100, the registers behind its header, and its length with these. */
static const struct {
	unsigned id, version;
	uint32_t registers[5]; /* at 4, 8, 0xc, 0x10, 0x14 */
	size_t length;
} lengths[] = {
	{ 0x01, 2, { 0 }, 0x2c },
	{ 0x02, 1, { 0 }, 0x1c },
	{ 0x02, 1, { 7 }, 0x10 + 8 * 12 },
	{ 0x02, 1, { 0, 0x03000008 }, 0x30 + 64 },	     /* 128 phases at 0x30 */
	{ 0x02, 1, { 0, 0x00000002 }, 0x20 + 16 },	     /* 32 phases, no offset given */
	{ 0x09, 1, { 0x400, 0, 0, 0x05000004 }, 0x50 + 16 }, /* 64 phases of 2 bits at 0x50 */
	{ 0x08, 1, { 0xc00, 0, 0, 0x04000020 }, 0x40 + 256 },
	{ 0x03, 1, { 0x1234 }, 12 },
	{ 0x04, 1, { 0 }, 16 },
	{ 0x05, 1, { 0x00000300 }, 0x40 },
	{ 0x06, 1, { 0 }, 12 },
	{ 0x07, 1, { 0 }, 8 },
	{ 0x07, 2, { 0 }, 12 },
	{ 0x0a, 1, { 0 }, 20 },
	{ 0x0b, 1, { 0x07810001 }, 0x78 },
	{ 0x0d, 1, { 0x0000001f }, 8 },
	{ 0x0d, 1, { 0x0000003f }, 40 }, /* egress control of 256 ports */
	{ 0x0d, 1, { 0x0000213f }, 16 }, /* egress control of 33 ports */
	{ 0x0e, 1, { 0 }, 8 },
	{ 0x0f, 1, { 0 }, 8 },
	{ 0x10, 1, { 0 }, 0x40 },
	{ 0x12, 1, { 0 }, 0x28 },
	{ 0x13, 1, { 0 }, 16 },
	{ 0x15, 1, { 0, 0x00000060 }, 4 + 3 * 8 },
	{ 0x16, 1, { 0x0000001f }, 48 },
	{ 0x17, 1, { 0x003f0205 }, 12 + 2 * 64 },
	{ 0x17, 1, { 0x003f0405 }, 12 }, /* the table is in MSI-X */
	{ 0x18, 1, { 0 }, 8 },
	{ 0x19, 1, { 0 }, 12 + 2 * 8 },
	{ 0x1b, 1, { 0x1406 }, 8 },
	{ 0x1d, 1, { 0 }, 12 },
	{ 0x1d, 1, { 0x0920 }, 0x20 + 36 },
	{ 0x1e, 1, { 0 }, 16 },
	{ 0x1e, 2, { 0 }, 20 },
	{ 0x1f, 1, { 0 }, 12 },
	{ 0x23, 1, { 0x03810000 | 0x1e98 }, 0x38 },
	{ 0x24, 1, { 0, 0x00000020 }, 12 },
	{ 0x25, 1, { 0 }, 12 },
	{ 0x26, 1, { 0 }, 0x28 },
	{ 0x27, 1, { 0 }, 8 + 4 * 8 },
	{ 0x2a, 1, { 0 }, 0x28 },
	{ 0x2e, 1, { 0 }, 0x18 },
	{ 0x30, 1, { 0x0000e001 }, 12 + 64 },
	{ 0x30, 1, { 0x00010002, 0, 1, 0, 0 }, 12 + 32 + 20 },
	{ 0x0b,
	  1,
	  { 0 },
	  CAP_CHAIN_CONFIG_SIZE - CAP_CHAIN_CONFIG_SIZE_PCI }, /* no length in its registers */
	{ 0x00,
	  1,
	  { 0 },
	  CAP_CHAIN_CONFIG_SIZE - CAP_CHAIN_CONFIG_SIZE_PCI }, /* the id is hidden */
	{ 0x77, 1, { 0 }, CAP_CHAIN_CONFIG_SIZE - CAP_CHAIN_CONFIG_SIZE_PCI }, /* unknown id */
};

START_TEST(test_length_of_each_capability)
{
	_cleanup_device_ struct device *device = make_express_function();
	size_t length;

	put_capability(device, 0x100, lengths[_i].id, lengths[_i].version, 0);
	for (size_t i = 0; i < ARRAY_SIZE(lengths[_i].registers); i++)
		host_builder_put_config32(device, 0x104 + 4 * i, lengths[_i].registers[i]);
	length = length_of_capability(device, lengths[_i].id);
	ck_assert_msg(length == lengths[_i].length, "row %d, id %#x: %#zx, not %#zx", _i,
		      lengths[_i].id, length, lengths[_i].length);
}
END_TEST

/* An unknown capability ends where the next one in either chain begins. */
START_TEST(test_unknown_capability_ends_at_the_next)
{
	_cleanup_device_ struct device *device = make_express_function();

	put_capability(device, 0x100, 0x77, 1, 0x300);
	put_capability(device, 0x300, 0x03, 1, 0x200);
	put_capability(device, 0x200, 0x0f, 1, 0);
	ck_assert_uint_eq(length_of_capability(device, 0x77), 0x100);
	device->config[0x44 + 0x24 - 4] = 0;
	host_builder_put_config32(device, 0x64, 1u << 21); /* TLP prefixes */
	put_capability(device, 0x200, 0x01, 2, 0);
	ck_assert_uint_eq(length_of_capability(device, 0x01), 0x48);
}
END_TEST

START_TEST(test_broken_chain_is_incomplete)
{
	_cleanup_device_ struct device *device = make_express_function();
	struct cap_chain chain;

	put_capability(device, 0x100, 0x03, 1, 0x200);
	put_capability(device, 0x200, 0x0f, 1, 0x100);
	ck_assert_int_eq(cap_chain_read(device, &chain), 0);
	ck_assert(!chain.complete);
	ck_assert_uint_eq(chain.n, 3);
	put_capability(device, 0x200, 0x0f, 1, 0x300); /* no capability is there */
	ck_assert_int_eq(cap_chain_read(device, &chain), 0);
	ck_assert(!chain.complete);
	put_capability(device, 0x200, 0x0f, 1, 0);
	ck_assert_int_eq(cap_chain_read(device, &chain), 0);
	ck_assert(chain.complete);
	device->config_size = 0x180;
	ck_assert_int_eq(cap_chain_read(device, &chain), 0);
	ck_assert(!chain.complete);
	device->config_size = 0x20;
	ck_assert_int_eq(cap_chain_read(device, &chain), -ENODATA);
	device->config_size = CAP_CHAIN_CONFIG_SIZE;
}
END_TEST

/* --- places --- */

static struct device *make_pf(void)
{
	struct device *pf = make_express_function();

	put_capability(pf, 0x100, 0x01, 2, 0x160);
	put_capability(pf, 0x160, 0x10, 1, 0x200);
	put_capability(pf, 0x200, 0x1b, 1, 0x210);
	host_builder_put_config32(
		pf, 0x204, 0x00011406); /* 20 bits, execute and privileged supported; enabled */
	put_capability(pf, 0x210, 0x13, 1, 0x220);
	host_builder_put_config32(pf, 0x214, 0x80000001);
	host_builder_put_config32(pf, 0x218, 512);
	put_capability(pf, 0x220, 0x0f, 1, 0);
	host_builder_put_config32(pf, 0x224, 0x00000065);
	return pf;
}

static struct device *make_vf(void)
{
	struct device *vf = make_express_function();

	put_capability(vf, 0x100, 0x01, 2, 0x150);
	put_capability(vf, 0x150, 0x0e, 1, 0);
	return vf;
}

START_TEST(test_vf_shows_capabilities_where_its_pf_does)
{
	_cleanup_device_ struct device *pf = make_pf(), *vf = make_vf();
	static const uint8_t pasid[8] = { 0x1b, 0, 1, 0, 0x06, 0x14, 0, 0 };
	static const uint8_t pri[16] = { 0x13, 0, 1, 0, 0, 0, 0, 0x81, 0, 2 };
	struct cap_space space[CAP_SPACE_KINDS];

	cap_space_find(vf, pf, space);
	ck_assert_int_eq(space[CAP_SPACE_PASID].state, CAP_SPACE_SHARED);
	ck_assert_uint_eq(space[CAP_SPACE_PASID].place.at, 0x200);
	ck_assert(space[CAP_SPACE_PASID].place.as_pf);
	ck_assert_uint_eq(space[CAP_SPACE_PASID].place.previous, 0x150);
	ck_assert_uint_eq(space[CAP_SPACE_PASID].place.previous_header, 0x2001000e);
	ck_assert_mem_eq(space[CAP_SPACE_PASID].place.registers, pasid, sizeof(pasid));
	ck_assert_int_eq(space[CAP_SPACE_PRI].state, CAP_SPACE_SHARED);
	ck_assert_uint_eq(space[CAP_SPACE_PRI].place.at, 0x210);
	ck_assert_mem_eq(space[CAP_SPACE_PRI].place.registers, pri, sizeof(pri));
	ck_assert_int_eq(space[CAP_SPACE_ATS].state, CAP_SPACE_NOT_INHERITED);
	/* a capability of the VF itself takes precedence */
	put_capability(vf, 0x150, 0x0e, 1, 0x300);
	put_capability(vf, 0x300, 0x0f, 1, 0);
	cap_space_find(vf, pf, space);
	ck_assert_int_eq(space[CAP_SPACE_ATS].state, CAP_SPACE_OWN);
	ck_assert_uint_eq(space[CAP_SPACE_ATS].at, 0x300);
	ck_assert_uint_eq(space[CAP_SPACE_PASID].place.previous, 0x300);
}
END_TEST

START_TEST(test_hidden_registers_are_avoided)
{
	_cleanup_device_ struct device *pf = make_pf(), *vf = make_vf();
	struct cap_space space[CAP_SPACE_KINDS];
	struct cap_space_range ranges[4];

	vf->config[0x207] = 0x40; /* an undocumented register where the PF has its capability */
	cap_space_find(vf, pf, space);
	ck_assert(!space[CAP_SPACE_PASID].place.as_pf);
	ck_assert_uint_eq(space[CAP_SPACE_PASID].place.at, 0xff8);
	ck_assert_uint_eq(space[CAP_SPACE_PRI].place.at, 0x210);
	/* a counter that was zero in the first reading */
	vf->config_again = malloc(CAP_CHAIN_CONFIG_SIZE);
	memcpy(vf->config_again, vf->config, CAP_CHAIN_CONFIG_SIZE);
	vf->config_again[0xff9] = 1;
	vf->config_again[0x218] = 7;
	cap_space_find(vf, pf, space);
	ck_assert_uint_eq(space[CAP_SPACE_PASID].place.at, 0xff0);
	ck_assert(!space[CAP_SPACE_PRI].place.as_pf);
	ck_assert_uint_eq(cap_space_hidden(vf, ranges, ARRAY_SIZE(ranges)), 3);
	ck_assert_uint_eq(ranges[0].first, 0x207);
	ck_assert_uint_eq(ranges[0].last, 0x207);
	ck_assert_uint_eq(ranges[2].first, 0xff9);
	/* a register that reads as zero, but that a driver is known to use */
	vf->config[0x207] = 0;
	memcpy(vf->config_again, vf->config, CAP_CHAIN_CONFIG_SIZE);
	pf->vendor = vf->vendor = 0x8086;
	pf->device = 0x4940;
	vf->device = 0x4941;
	ck_assert_uint_eq(cap_space_hidden(vf, ranges, ARRAY_SIZE(ranges)), 1);
	ck_assert_uint_eq(ranges[0].first, 0x2c8);
	put_capability(pf, 0x200, 0, 1, 0x2d0);
	put_capability(pf, 0x2d0, 0x1b, 1, 0x210);
	cap_space_find(vf, pf, space);
	ck_assert(!space[CAP_SPACE_PASID].place.as_pf);
}
END_TEST

/* Extended space that reads as all ones is one hidden range, and has no place. */
START_TEST(test_all_ones_leave_no_place)
{
	_cleanup_device_ struct device *pf = make_pf(), *vf = make_vf();
	struct cap_space space[CAP_SPACE_KINDS];
	struct cap_space_range range;

	memset(vf->config + 0xf0, 0xff, CAP_CHAIN_CONFIG_SIZE - 0xf0);
	ck_assert_uint_eq(cap_space_hidden(vf, &range, 1), 1);
	ck_assert_uint_eq(range.first, 0x100);
	ck_assert_uint_eq(range.last, 0xfff);
	cap_space_find(vf, pf, space);
	ck_assert_int_eq(space[CAP_SPACE_PASID].state, CAP_SPACE_NO_ROOM);
}
END_TEST

START_TEST(test_missing_room_is_reported)
{
	_cleanup_device_ struct device *pf = make_pf(), *vf = make_vf();
	struct cap_space space[CAP_SPACE_KINDS];

	memset(vf->config + 0x158, 0x55, CAP_CHAIN_CONFIG_SIZE - 0x158);
	cap_space_find(vf, pf, space);
	ck_assert_int_eq(space[CAP_SPACE_PRI].state,
			 CAP_SPACE_SHARED); /* behind an AER capability without TLP prefixes */
	ck_assert_uint_eq(space[CAP_SPACE_PRI].place.at, 0x138);
	ck_assert_uint_eq(space[CAP_SPACE_PASID].place.at, 0x148);
	vf->config[0x130] = vf->config[0x13c] = vf->config[0x148] = 1;
	vf->config[0x140] = vf->config[0x14f] = 1;
	cap_space_find(vf, pf, space);
	ck_assert_int_eq(space[CAP_SPACE_PASID].state, CAP_SPACE_SHARED);
	ck_assert_uint_eq(space[CAP_SPACE_PASID].place.at, 0x134);
	ck_assert_int_eq(space[CAP_SPACE_PRI].state, CAP_SPACE_NO_ROOM);
	ck_assert_ptr_nonnull(space[CAP_SPACE_PRI].why);
	vf->config_size = 0x100;
	cap_space_find(vf, pf, space);
	ck_assert_int_eq(space[CAP_SPACE_PASID].state, CAP_SPACE_NO_ROOM);
	pf->config_size = 0x40;
	cap_space_find(vf, pf, space);
	ck_assert_int_eq(space[CAP_SPACE_PASID].state, CAP_SPACE_UNKNOWN);
	cap_space_find(vf, NULL, space);
	ck_assert_int_eq(space[CAP_SPACE_PASID].state, CAP_SPACE_UNKNOWN);
}
END_TEST

/* --- properties, on random functions --- */

struct stretch {
	size_t first, end;
};

static void check_place_is_free(const struct device *vf, const struct cap_space_place *place,
				const struct stretch *used, size_t n)
{
	ck_assert_uint_eq(place->at % 4, 0);
	ck_assert_uint_ge(place->at, CAP_CHAIN_CONFIG_SIZE_PCI);
	ck_assert_uint_le(place->at + place->size, CAP_CHAIN_CONFIG_SIZE);
	for (size_t i = place->at; i < place->at + place->size; i++) {
		ck_assert_uint_eq(vf->config[i], 0);
		ck_assert(!vf->config_again || !vf->config_again[i]);
	}
	for (size_t i = 0; i < n; i++)
		ck_assert_msg(used[i].end <= place->at || used[i].first >= place->at + place->size,
			      "%#x is in %#zx-%#zx", place->at, used[i].first, used[i].end);
}

/*
 * Writes the found capabilities into a copy. Its chain must be complete, and hold all the old and
 * the new capabilities.
 */
static void check_chain(const struct device *vf, const struct cap_space space[CAP_SPACE_KINDS])
{
	_cleanup_device_ struct device *shown = make_express_function();
	struct cap_chain before, after;
	size_t placed = 0;

	memcpy(shown->config, vf->config, CAP_CHAIN_CONFIG_SIZE);
	if (cap_chain_read(vf, &before) < 0) {
		for (size_t kind = 0; kind < CAP_SPACE_KINDS; kind++)
			ck_assert_uint_eq(space[kind].place.size, 0);
		return;
	}
	for (size_t kind = 0; kind < CAP_SPACE_KINDS; kind++) {
		const struct cap_space_place *place = &space[kind].place;
		uint32_t next = pcicap_u32(shown, place->previous) >> 20;

		if (place->size == 0)
			continue;
		placed++;
		host_builder_put_config32(shown, place->previous, place->previous_header);
		memcpy(shown->config + place->at, place->registers, place->size);
		host_builder_put_config32(shown, place->at,
					  (pcicap_u32(shown, place->at) & 0xfffff) | next << 20);
	}
	if (placed == 0)
		return;
	ck_assert_int_eq(cap_chain_read(shown, &after), 0);
	ck_assert(after.complete);
	ck_assert_uint_ge(after.n, before.n + placed);
	for (size_t kind = 0; kind < CAP_SPACE_KINDS; kind++)
		if (space[kind].place.size > 0)
			ck_assert_uint_eq(cap_chain_find(&after, true,
							 cap_space_id((enum cap_space_kind)kind))
						  ->at,
					  space[kind].place.at);
	for (size_t i = 0; i < before.n; i++)
		ck_assert_ptr_nonnull(
			cap_chain_find(&after, before.caps[i].extended, before.caps[i].id));
}

static void check_places(const struct device *vf, const struct device *pf,
			 const struct stretch *used, size_t n)
{
	struct cap_space space[CAP_SPACE_KINDS];

	cap_space_find(vf, pf, space);
	for (size_t a = 0; a < CAP_SPACE_KINDS; a++) {
		const struct cap_space_place *one = &space[a].place;

		if (one->size == 0)
			continue;
		check_place_is_free(vf, one, used, n);
		for (size_t b = 0; b < a; b++)
			ck_assert(space[b].place.size == 0 ||
				  one->at + one->size <= space[b].place.at ||
				  space[b].place.at + space[b].place.size <= one->at);
	}
	check_chain(vf, space);
}

/*
 * Builds a chain of capabilities from the table above, in random places. Fills @used with their
 * ranges and returns their number, at most @max.
 */
static size_t build_random_chain(struct device *device, struct stretch *used, size_t max,
				 uint32_t *state)
{
	size_t at = CAP_CHAIN_CONFIG_SIZE_PCI, n = 0, previous = 0;

	while (n < max) {
		size_t row = mutate_random(state) % (ARRAY_SIZE(lengths) - 2);

		if (at + lengths[row].length > CAP_CHAIN_CONFIG_SIZE)
			break;
		put_capability(device, at, lengths[row].id, lengths[row].version, 0);
		for (size_t i = 0; i < 5 && 8 + 4 * i <= lengths[row].length; i++)
			host_builder_put_config32(device, at + 4 + 4 * i,
						  lengths[row].registers[i]);
		if (previous)
			host_builder_put_config32(device, previous,
						  (pcicap_u32(device, previous) & 0xfffff) |
							  (uint32_t)at << 20);
		used[n++] = (struct stretch){ at, at + lengths[row].length };
		previous = at;
		at = (at + lengths[row].length + 3 + mutate_random(state) % 600) & ~(size_t)3;
	}
	return n;
}

START_TEST(test_place_never_overlaps_registers)
{
	uint32_t state = 0x2c0ffee1;

	for (unsigned round = 0; round < 3000; round++) {
		_cleanup_device_ struct device *pf = make_pf(), *vf = make_express_function();
		struct stretch used[12];
		size_t n = build_random_chain(vf, used, mutate_random(&state) % ARRAY_SIZE(used),
					      &state);

		vf->config_again = malloc(CAP_CHAIN_CONFIG_SIZE);
		for (unsigned hidden = mutate_random(&state) % 64; hidden > 0; hidden--) {
			size_t at = CAP_CHAIN_CONFIG_SIZE_PCI + mutate_random(&state) % 0xf00;
			bool inside = at < CAP_CHAIN_CONFIG_SIZE_PCI + 4;

			for (size_t i = 0; i < n; i++)
				inside |= at >= used[i].first && at < used[i].end;
			if (!inside)
				vf->config[at] = 1;
		}
		memcpy(vf->config_again, vf->config, CAP_CHAIN_CONFIG_SIZE);
		for (unsigned k = mutate_random(&state) % 8; k > 0; k--)
			vf->config_again[mutate_random(&state) % CAP_CHAIN_CONFIG_SIZE] ^= 4;
		check_places(vf, pf, used, n);
	}
}
END_TEST

START_TEST(test_random_config_space_is_safe)
{
	uint32_t state = 0x6a09e667;

	for (unsigned round = 0; round < 3000; round++) {
		_cleanup_device_ struct device *pf = make_pf(), *vf = make_vf();
		struct device *which = round % 2 ? pf : vf;

		for (unsigned k = mutate_random(&state) % 200; k > 0; k--)
			which->config[0x100 + mutate_random(&state) % 0x300] =
				(uint8_t)mutate_random(&state);
		if (round % 7 == 0)
			which->config_size = mutate_random(&state) % CAP_CHAIN_CONFIG_SIZE;
		check_places(vf, pf, NULL, 0);
	}
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("cap-space");
	TCase *tcase = tcase_create("cap-space");

	tcase_add_loop_test(tcase, test_length_of_each_capability, 0, ARRAY_SIZE(lengths));
	tcase_add_test(tcase, test_unknown_capability_ends_at_the_next);
	tcase_add_test(tcase, test_broken_chain_is_incomplete);
	tcase_add_test(tcase, test_vf_shows_capabilities_where_its_pf_does);
	tcase_add_test(tcase, test_hidden_registers_are_avoided);
	tcase_add_test(tcase, test_all_ones_leave_no_place);
	tcase_add_test(tcase, test_missing_room_is_reported);
	tcase_add_test(tcase, test_place_never_overlaps_registers);
	tcase_add_test(tcase, test_random_config_space_is_safe);
	suite_add_tcase(suite, tcase);
	return suite;
}
