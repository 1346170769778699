/* SPDX-License-Identifier: MIT
 *
 * Buffer and attachment: attach allocates, negotiates without a lock, then appends to the buffer's list under the lock; detach unlinks
 * under the lock and frees (description, sections 2.7 and 2.8).
 */
#ifndef ATTACHMENT_H
#define ATTACHMENT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "matcher.h"

struct list_node {
	struct list_node *previous;
	struct list_node *next;
};

struct buffer {
	const struct match_entry *offers;
	size_t offer_count;
	atomic_int lock;
	struct list_node attachments;
};

struct attachment {
	struct list_node node;
	struct buffer *buffer;
	const void *importer_operations;
	void *importer_private;
	unsigned int live_mappings;
	const struct mapping_type *type;
	const void *operations;
	const void *importing_device;
	const void *peer_device;
	bool accepts_peer;
	bool requires_peer;
};

/* Returns 0 and the attachment, or a negative errno with nothing left behind. */
int buffer_attach(struct buffer *buffer, const struct match_entry *requests, size_t request_count, const void *importer_operations,
		  void *importer_private, struct attachment **result);

/* Returns 0, or -EBUSY while a mapping lives, which changes nothing. */
int buffer_detach(struct buffer *buffer, struct attachment *attachment);

#endif
