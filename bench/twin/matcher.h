/* SPDX-License-Identifier: MIT
 *
 * The negotiation of mapping types as the description's section 3.1 states it: offers in the exporter's order, for each the requests in
 * the importer's order; identity of the type, then its rule if it has one, then its finish.
 */
#ifndef MATCHER_H
#define MATCHER_H

#include <stdbool.h>
#include <stddef.h>

struct attachment;
struct match_arguments;
struct match_entry;

/* A mapping type. `match` may be absent: the type then accepts its own kind. It answers 0, -EOPNOTSUPP (try the next pair) or another
 * negative errno (stop). */
struct mapping_type {
	const char *name;
	int (*match)(const struct match_arguments *arguments, const struct match_entry *offer, const struct match_entry *request);
	void (*finish)(struct match_arguments *arguments, const struct match_entry *offer, const struct match_entry *request);
};

/* One offer or one request: the type, the exporter's operations (offers only) and the type's own data. */
struct match_entry {
	const struct mapping_type *type;
	const void *operations;
	const void *importing_device;
	const void *peer_device;
	bool accepts_peer;
	bool requires_peer;
};

/* What is handed around during one negotiation; the winners are the result. */
struct match_arguments {
	const void *buffer;
	struct attachment *attachment;
	const struct match_entry *requests;
	size_t request_count;
	const struct match_entry *winning_offer;
	const struct match_entry *winning_request;
};

/* Returns 0 with the winners finished, -EINVAL where nothing was accepted, or what a rule stopped with. */
int match_mapping(struct match_arguments *arguments, const struct match_entry *offers, size_t offer_count);

#endif
