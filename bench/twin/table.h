/* SPDX-License-Identifier: MIT
 *
 * Scatter/gather tables: physical ranges with 64-bit lengths become entries of a DMA address and a 32-bit length, split at the largest
 * page multiple that 32 bits hold (description, section 4.8.3).
 */
#ifndef TABLE_H
#define TABLE_H

#include <stddef.h>
#include <stdint.h>

#define LARGEST_ENTRY UINT64_C(0xFFFFF000)

struct physical_range {
	uint64_t address;
	uint64_t length;
};

struct table_entry {
	uint64_t dma_address;
	uint32_t length;
};

/* How many entries the ranges need. */
size_t table_count_entries(const struct physical_range *ranges, size_t count);

/* Fills `entries`, whose capacity the caller has counted, with the ranges as seen at `bus_offset`; returns the entries filled. */
size_t table_fill(struct table_entry *entries, const struct physical_range *ranges, size_t count, uint64_t bus_offset);

/* Counts, allocates and fills; the caller frees. */
struct table_entry *table_build(const struct physical_range *ranges, size_t count, uint64_t bus_offset, size_t *filled);

#endif
