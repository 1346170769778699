/* SPDX-License-Identifier: MIT
 *
 * The mapping types that the cases use. They live in a translation unit of their own, so that the matcher can only call them through
 * their pointers.
 */
#ifndef TYPES_H
#define TYPES_H

#include "matcher.h"

/* A peer-to-peer rule: an offer that requires peer traffic needs a request that accepts it. */
int match_peer_to_peer(const struct match_arguments *arguments, const struct match_entry *offer, const struct match_entry *request);

/* Records the winners, which is what a negotiation without an attachment results in. */
void finish_record(struct match_arguments *arguments, const struct match_entry *offer, const struct match_entry *request);

/* Records the winners and fills the attachment from both sides. */
void finish_attachment(struct match_arguments *arguments, const struct match_entry *offer, const struct match_entry *request);

#endif
