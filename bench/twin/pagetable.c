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

static bool any_mapped(const struct pt_table *at, int level, uint64_t start, uint64_t end)
{
	uint64_t size = UINT64_C(1) << shift_of(level);

	while (start < end) {
		uint64_t slot_end = (start & ~(size - 1)) + size;
		uint64_t part_end = slot_end < end ? slot_end : end;
		unsigned int slot = slot_of(start, level);
		uint64_t word = at->words[slot];

		if (word && (word != BRANCH || any_mapped(at->children[slot], level - 1, start, part_end)))
			return true;
		start = part_end;
	}
	return false;
}

static bool map_in(struct page_table *table, struct pt_table *at, int level, uint64_t start, uint64_t end, uint64_t word)
{
	uint64_t size = UINT64_C(1) << shift_of(level);

	while (start < end) {
		unsigned int slot = slot_of(start, level);
		uint64_t slot_end = (start & ~(size - 1)) + size;
		uint64_t part_end = slot_end < end ? slot_end : end;

		if (level <= LARGEST_LEAF_LEVEL && part_end - start == size && ((word & ~FLAG_MASK) & (size - 1)) == 0) {
			at->words[slot] = word;
			at->used++;
			table->mapped_bytes += size;
		} else {
			if (!at->words[slot]) {
				at->children[slot] = take(table);
				if (!at->children[slot])
					return false;
				at->words[slot] = BRANCH;
				at->used++;
			}
			if (!map_in(table, at->children[slot], level - 1, start, part_end, word))
				return false;
		}
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
		uint64_t slot_end = (start & ~(size - 1)) + size;
		uint64_t part_end = slot_end < end ? slot_end : end;
		uint64_t word = at->words[slot];

		if (word == BRANCH) {
			struct pt_table *child = at->children[slot];

			unmap_in(table, child, level - 1, start, part_end);
			if (!child->used) {
				at->words[slot] = 0;
				at->children[slot] = NULL;
				at->used--;
				give(table, child);
			}
		} else if (word) {
			/* The cases remove what they have mapped: a page is never split. */
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
