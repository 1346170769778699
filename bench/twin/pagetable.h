/* SPDX-License-Identifier: MIT
 *
 * An I/O page table of four levels with 512 slots each over 48-bit addresses: pages of 4 KiB, 2 MiB and 1 GiB, the largest that fits. Empty
 * tables are kept in a list and used again. Mapping over something that is mapped is refused and changes nothing. Slots that lie beside each
 * other are written in one pass.
 */
#ifndef PAGETABLE_H
#define PAGETABLE_H

#include <stdbool.h>
#include <stdint.h>

#define PT_SLOTS 512

struct pt_table {
	uint64_t words[PT_SLOTS];
	struct pt_table *children[PT_SLOTS];
	struct pt_table *next_kept;
	unsigned int used;
	unsigned int branches;
};

struct page_table {
	struct pt_table *root;
	struct pt_table *kept;
	uint64_t mapped_bytes;
};

struct page_table *pt_create(void);
void pt_destroy(struct page_table *table);
bool pt_map(struct page_table *table, uint64_t start, uint64_t end, uint64_t physical, uint64_t flags);
void pt_unmap(struct page_table *table, uint64_t start, uint64_t end);
bool pt_translate(const struct page_table *table, uint64_t address, uint64_t *physical);

#endif
