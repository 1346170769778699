/* SPDX-License-Identifier: MIT */
#include "table.h"

#include <stdlib.h>

size_t table_count_entries(const struct physical_range *ranges, size_t count)
{
	size_t entries = 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t length = ranges[i].length;

		/* Nearly every range fits one entry; the test is far cheaper than the division. */
		entries += length <= LARGEST_ENTRY ? 1 : (length - 1) / LARGEST_ENTRY + 1;
	}
	return entries;
}

size_t table_fill(struct table_entry *entries, const struct physical_range *ranges, size_t count, uint64_t bus_offset)
{
	struct table_entry *entry = entries;

	for (size_t i = 0; i < count; i++) {
		uint64_t address = ranges[i].address + bus_offset;
		uint64_t length = ranges[i].length;

		while (length > LARGEST_ENTRY) {
			entry->dma_address = address;
			entry->length = (uint32_t)LARGEST_ENTRY;
			entry++;
			address += LARGEST_ENTRY;
			length -= LARGEST_ENTRY;
		}
		entry->dma_address = address;
		entry->length = (uint32_t)length;
		entry++;
	}
	return (size_t)(entry - entries);
}

struct table_entry *table_build(const struct physical_range *ranges, size_t count, uint64_t bus_offset, size_t *filled)
{
	size_t needed = table_count_entries(ranges, count);
	struct table_entry *entries = malloc(needed * sizeof(*entries));

	if (!entries)
		return NULL;
	*filled = table_fill(entries, ranges, count, bus_offset);
	return entries;
}
