/* SPDX-License-Identifier: MIT
 *
 * The negotiation cases: what is offered and asked, and the loops.
 */
#include <errno.h>

#include "matcher.h"
#include "twin.h"
#include "types.h"

#define MOST_ENTRIES 64

static struct mapping_type types[2 * MOST_ENTRIES];
static struct match_entry offers[MOST_ENTRIES];
static struct match_entry requests[MOST_ENTRIES];
static size_t offer_count;
static size_t request_count;
static int expected;

/* `shared`: both sides name the same types in the same order; otherwise no type is on both sides. */
static void prepare_lists(size_t count, bool shared)
{
	for (size_t i = 0; i < 2 * MOST_ENTRIES; i++)
		types[i] = (struct mapping_type){ .name = "twin", .finish = finish_record };
	for (size_t i = 0; i < count; i++) {
		offers[i] = (struct match_entry){ .type = &types[i] };
		requests[i] = (struct match_entry){ .type = &types[shared ? i : MOST_ENTRIES + i] };
	}
	offer_count = count;
	request_count = count;
	expected = shared ? 0 : -EINVAL;
}

static void prepare_1x1_first_hit(void)
{
	prepare_lists(1, true);
}

/* Three types, each with a rule; the first two decline, so that the last of the nine pairs wins after three calls. */
static void prepare_3x3_last_hit(void)
{
	prepare_lists(3, true);
	for (size_t i = 0; i < 3; i++) {
		types[i].match = match_peer_to_peer;
		offers[i].requires_peer = i < 2;
	}
}

static void prepare_8x8_nothing_in_common(void)
{
	prepare_lists(8, false);
}

static void prepare_64x64_nothing_in_common(void)
{
	prepare_lists(64, false);
}

/* One type on both sides, its rule asked for each of the 4096 pairs, and it declines each. */
static void prepare_64x64_all_decline(void)
{
	prepare_lists(64, true);
	types[0].match = match_peer_to_peer;
	for (size_t i = 0; i < 64; i++) {
		offers[i].type = &types[0];
		offers[i].requires_peer = true;
		requests[i].type = &types[0];
	}
	expected = -EINVAL;
}

static void run_match(uint64_t iterations)
{
	const struct match_entry *hidden_offers = offers;
	const struct match_entry *hidden_requests = requests;

	for (uint64_t i = 0; i < iterations; i++) {
		HIDE(hidden_offers);
		HIDE(hidden_requests);
		struct match_arguments arguments = { .requests = hidden_requests, .request_count = request_count };
		int result = match_mapping(&arguments, hidden_offers, offer_count);

		if (result != expected)
			twin_fail("a negotiation ended otherwise than prepared");
		HIDE(arguments.winning_offer);
	}
}

static void nothing_to_clean_up(void)
{
}

const struct twin_case negotiation_cases[] = {
	{ "negotiation-1x1-first-hit", prepare_1x1_first_hit, run_match, nothing_to_clean_up },
	{ "negotiation-3x3-last-hit", prepare_3x3_last_hit, run_match, nothing_to_clean_up },
	{ "negotiation-8x8-nothing-in-common", prepare_8x8_nothing_in_common, run_match, nothing_to_clean_up },
	{ "negotiation-64x64-nothing-in-common", prepare_64x64_nothing_in_common, run_match, nothing_to_clean_up },
	{ "negotiation-64x64-all-decline", prepare_64x64_all_decline, run_match, nothing_to_clean_up },
};
const size_t negotiation_case_count = sizeof(negotiation_cases) / sizeof(negotiation_cases[0]);
