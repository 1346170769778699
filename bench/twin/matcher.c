/* SPDX-License-Identifier: MIT */
#include "matcher.h"

#include <errno.h>

int match_mapping(struct match_arguments *arguments, const struct match_entry *offers, size_t offer_count)
{
	const struct match_entry *requests = arguments->requests;
	size_t request_count = arguments->request_count;

	for (size_t o = 0; o < offer_count; o++) {
		const struct match_entry *offer = &offers[o];
		const struct mapping_type *type = offer->type;

		for (size_t r = 0; r < request_count; r++) {
			const struct match_entry *request = &requests[r];

			if (request->type != type)
				continue;
			if (type->match) {
				int verdict = type->match(arguments, offer, request);

				if (verdict == -EOPNOTSUPP)
					continue;
				if (verdict != 0)
					return verdict;
			}
			type->finish(arguments, offer, request);
			return 0;
		}
	}
	return -EINVAL;
}
