/* SPDX-License-Identifier: MIT */
#include "types.h"

#include <errno.h>

#include "attachment.h"

int match_peer_to_peer(const struct match_arguments *arguments, const struct match_entry *offer, const struct match_entry *request)
{
	(void)arguments;
	if (offer->requires_peer && !request->accepts_peer)
		return -EOPNOTSUPP;
	return 0;
}

void finish_record(struct match_arguments *arguments, const struct match_entry *offer, const struct match_entry *request)
{
	arguments->winning_offer = offer;
	arguments->winning_request = request;
}

void finish_attachment(struct match_arguments *arguments, const struct match_entry *offer, const struct match_entry *request)
{
	struct attachment *attachment = arguments->attachment;

	attachment->type = offer->type;
	attachment->operations = offer->operations;
	attachment->importing_device = request->importing_device;
	attachment->peer_device = offer->peer_device;
	attachment->accepts_peer = request->accepts_peer;
	attachment->requires_peer = offer->requires_peer;
	finish_record(arguments, offer, request);
}
