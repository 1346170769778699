/* SPDX-License-Identifier: MIT */
#include "attachment.h"

#include <errno.h>
#include <stdlib.h>

/* Uncontended, this is the cheapest correct lock that C has: one exchange to enter, one plain store to leave. */
static void lock_enter(atomic_int *lock)
{
	while (atomic_exchange_explicit(lock, 1, memory_order_acquire))
		while (atomic_load_explicit(lock, memory_order_relaxed))
			;
}

static void lock_leave(atomic_int *lock)
{
	atomic_store_explicit(lock, 0, memory_order_release);
}

int buffer_attach(struct buffer *buffer, const struct match_entry *requests, size_t request_count, const void *importer_operations,
		  void *importer_private, struct attachment **result)
{
	if (!buffer)
		return -EINVAL;

	struct attachment *attachment = calloc(1, sizeof(*attachment));

	if (!attachment)
		return -ENOMEM;

	struct match_arguments arguments = {
		.buffer = buffer,
		.attachment = attachment,
		.requests = requests,
		.request_count = request_count,
	};
	int error = match_mapping(&arguments, buffer->offers, buffer->offer_count);

	if (error) {
		free(attachment);
		return error;
	}
	attachment->buffer = buffer;
	attachment->importer_operations = importer_operations;
	attachment->importer_private = importer_private;

	lock_enter(&buffer->lock);
	struct list_node *head = &buffer->attachments;

	attachment->node.previous = head->previous;
	attachment->node.next = head;
	head->previous->next = &attachment->node;
	head->previous = &attachment->node;
	lock_leave(&buffer->lock);

	*result = attachment;
	return 0;
}

int buffer_detach(struct buffer *buffer, struct attachment *attachment)
{
	if (!buffer || !attachment || attachment->buffer != buffer)
		return -EINVAL;

	lock_enter(&buffer->lock);
	if (attachment->live_mappings) {
		lock_leave(&buffer->lock);
		return -EBUSY;
	}
	attachment->node.previous->next = attachment->node.next;
	attachment->node.next->previous = attachment->node.previous;
	lock_leave(&buffer->lock);

	free(attachment);
	return 0;
}
