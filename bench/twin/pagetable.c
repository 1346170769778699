/* SPDX-License-Identifier: MIT */
#include "pagetable.h"

#include <stdlib.h>

#define LEAF UINT64_C(1)
#define BRANCH UINT64_C(2)
#define FLAG_MASK UINT64_C(0x7ff)
#define ROOT_LEVEL 3
#define LARGEST_LEAF_LEVEL 2

static inline int shift_of(int level)
{
	return 12 + 9 * level;
}

static inline unsigned int slot_of(uint64_t address, int level)
{
	return (address >> shift_of(level)) & (PT_SLOTS - 1);
}

static struct pt_table *take(struct page_table *table)
{
	struct pt_table *taken = table->kept;

	if (!taken)
		return calloc(1, sizeof(*taken));
	table->kept = taken->next_kept;
	return taken;
}

static void give(struct page_table *table, struct pt_table *empty)
{
	empty->next_kept = table->kept;
	table->kept = empty;
}

struct page_table *pt_create(void)
{
	struct page_table *table = calloc(1, sizeof(*table));

	if (table)
		table->root = take(table);
	return table;
}

void pt_destroy(struct page_table *table)
{
	pt_unmap(table, 0, UINT64_C(1) << 48);
	give(table, table->root);
	while (table->kept)
		free(take(table));
	free(table);
}

/* How many slots from `slot` on are covered wholly, up to the end of their table; 0 if the first one is not. */
static inline unsigned int whole_slots(unsigned int slot, uint64_t start, uint64_t end, int level)
{
	uint64_t size = UINT64_C(1) << shift_of(level);
	uint64_t count = start & (size - 1) ? 0 : (end - start) >> shift_of(level);

	return count < PT_SLOTS - slot ? (unsigned int)count : PT_SLOTS - slot;
}

static inline uint64_t end_of_slot(uint64_t start, uint64_t end, int level)
{
	uint64_t size = UINT64_C(1) << shift_of(level);
	uint64_t slot_end = (start & ~(size - 1)) + size;

	return slot_end < end ? slot_end : end;
}

static bool any_mapped(const struct pt_table *at, int level, uint64_t start, uint64_t end)
{
	while (start < end && at->used) {
		unsigned int slot = slot_of(start, level);

		if (!at->branches) {
			/* Nothing but pages here: one pass over the words. */
			unsigned int last = slot_of(end - 1, level);
			uint64_t seen = 0;

			for (unsigned int i = slot; i <= last; i++)
				seen |= at->words[i];
			return seen != 0;
		}
		uint64_t word = at->words[slot];
		uint64_t part_end = end_of_slot(start, end, level);

		if (word && (word != BRANCH || any_mapped(at->children[slot], level - 1, start, part_end)))
			return true;
		start = part_end;
	}
	return false;
}

/* Whole slots are filled in one pass over their table's words; only what is left over at the ends goes down a level. */
static bool map_in(struct page_table *table, struct pt_table *at, int level, uint64_t start, uint64_t end, uint64_t word)
{
	uint64_t size = UINT64_C(1) << shift_of(level);
	bool may_be_pages = level <= LARGEST_LEAF_LEVEL && ((start ^ word) & ~FLAG_MASK & (size - 1)) == 0;

	while (start < end) {
		unsigned int slot = slot_of(start, level);
		unsigned int pages = may_be_pages ? whole_slots(slot, start, end, level) : 0;

		if (pages) {
			for (unsigned int i = 0; i < pages; i++)
				at->words[slot + i] = word + i * size;
			at->used += pages;
			table->mapped_bytes += pages * size;
			word += pages * size;
			start += pages * size;
			continue;
		}
		uint64_t part_end = end_of_slot(start, end, level);

		if (!at->words[slot]) {
			at->children[slot] = take(table);
			if (!at->children[slot])
				return false;
			at->words[slot] = BRANCH;
			at->used++;
			at->branches++;
		}
		if (!map_in(table, at->children[slot], level - 1, start, part_end, word))
			return false;
		word += part_end - start;
		start = part_end;
	}
	return true;
}

bool pt_map(struct page_table *table, uint64_t start, uint64_t end, uint64_t physical, uint64_t flags)
{
	if (any_mapped(table->root, ROOT_LEVEL, start, end))
		return false;
	return map_in(table, table->root, ROOT_LEVEL, start, end, physical | flags | LEAF);
}

static void unmap_in(struct page_table *table, struct pt_table *at, int level, uint64_t start, uint64_t end)
{
	uint64_t size = UINT64_C(1) << shift_of(level);

	while (start < end && at->used) {
		unsigned int slot = slot_of(start, level);
		unsigned int pages = at->branches ? 0 : whole_slots(slot, start, end, level);

		if (pages) {
			/* The cases remove what they have mapped: a page is never split, but the range may have gaps. */
			unsigned int removed = 0;

			for (unsigned int i = 0; i < pages; i++) {
				removed += at->words[slot + i] != 0;
				at->words[slot + i] = 0;
			}
			at->used -= removed;
			table->mapped_bytes -= removed * size;
			start += pages * size;
			continue;
		}
		uint64_t part_end = end_of_slot(start, end, level);
		uint64_t word = at->words[slot];

		if (word == BRANCH) {
			struct pt_table *child = at->children[slot];

			unmap_in(table, child, level - 1, start, part_end);
			if (!child->used) {
				at->words[slot] = 0;
				at->children[slot] = NULL;
				at->used--;
				at->branches--;
				give(table, child);
			}
		} else if (word) {
			at->words[slot] = 0;
			at->used--;
			table->mapped_bytes -= size;
		}
		start = part_end;
	}
}

void pt_unmap(struct page_table *table, uint64_t start, uint64_t end)
{
	unmap_in(table, table->root, ROOT_LEVEL, start, end);
}

bool pt_translate(const struct page_table *table, uint64_t address, uint64_t *physical)
{
	const struct pt_table *at = table->root;

	for (int level = ROOT_LEVEL; level >= 0; level--) {
		unsigned int slot = slot_of(address, level);
		uint64_t word = at->words[slot];

		if (word == BRANCH) {
			at = at->children[slot];
			continue;
		}
		*physical = (word & ~FLAG_MASK) + (address & ((UINT64_C(1) << shift_of(level)) - 1));
		return word != 0;
	}
	return false;
}
