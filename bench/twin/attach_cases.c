/* SPDX-License-Identifier: MIT
 *
 * Attach and detach at an exporter with two offers, for an importer with two requests: the second offer meets the second request, whose
 * rule accepts. Once on an empty buffer, once on a buffer that 64 others stay attached to.
 */
#include "attachment.h"
#include "twin.h"
#include "types.h"

#define LIVE_ATTACHMENTS 64

static struct mapping_type types[3];
static struct match_entry offers[2];
static struct match_entry requests[2];
static struct buffer buffer;
static struct attachment *live[LIVE_ATTACHMENTS];
static size_t live_count;

static struct attachment *attach_or_fail(struct buffer *target, const struct match_entry *wanted)
{
	struct attachment *attachment = NULL;

	if (buffer_attach(target, wanted, 2, NULL, NULL, &attachment))
		twin_fail("an attach was refused");
	return attachment;
}

static void prepare_with(size_t attached)
{
	for (size_t i = 0; i < 3; i++)
		types[i] = (struct mapping_type){ .name = "twin", .match = match_peer_to_peer, .finish = finish_attachment };
	offers[0] = (struct match_entry){ .type = &types[0] };
	offers[1] = (struct match_entry){ .type = &types[1] };
	requests[0] = (struct match_entry){ .type = &types[2] };
	requests[1] = (struct match_entry){ .type = &types[1], .accepts_peer = true };

	buffer.offers = offers;
	buffer.offer_count = 2;
	atomic_init(&buffer.lock, 0);
	buffer.attachments.previous = &buffer.attachments;
	buffer.attachments.next = &buffer.attachments;
	live_count = attached;
	for (size_t i = 0; i < attached; i++)
		live[i] = attach_or_fail(&buffer, requests);
}

static void prepare_empty(void)
{
	prepare_with(0);
}

static void prepare_64_live(void)
{
	prepare_with(LIVE_ATTACHMENTS);
}

static void run_attach_detach(uint64_t iterations)
{
	struct buffer *hidden_buffer = &buffer;
	const struct match_entry *hidden_requests = requests;

	for (uint64_t i = 0; i < iterations; i++) {
		HIDE(hidden_buffer);
		HIDE(hidden_requests);
		struct attachment *attachment = attach_or_fail(hidden_buffer, hidden_requests);

		HIDE(attachment);
		if (buffer_detach(hidden_buffer, attachment))
			twin_fail("a detach was refused");
	}
}

static void clean_up(void)
{
	for (size_t i = 0; i < live_count; i++)
		if (buffer_detach(&buffer, live[i]))
			twin_fail("a detach was refused");
	live_count = 0;
}

const struct twin_case attach_cases[] = {
	{ "attach-detach-2x2", prepare_empty, run_attach_detach, clean_up },
	{ "attach-detach-2x2-64-live", prepare_64_live, run_attach_detach, clean_up },
};
const size_t attach_case_count = sizeof(attach_cases) / sizeof(attach_cases[0]);
