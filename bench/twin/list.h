/* SPDX-License-Identifier: MIT
 *
 * Physical address lists (description, section 5): a fresh list for each map, checked once, then walked into an I/O page table, run by run.
 */
#ifndef LIST_H
#define LIST_H

#include <stddef.h>
#include <stdint.h>

#include "pagetable.h"
#include "table.h"

struct physical_list {
	size_t count;
	struct physical_range *entries;
};

/* A list of its own with the ranges copied; NULL: no memory. The caller frees it by list_free. */
struct physical_list *list_create(const struct physical_range *ranges, size_t count);
void list_free(struct physical_list *list);

/* 0 if every entry is sound and they sum to `size`; else a negative errno. */
int list_validate(const struct physical_list *list, uint64_t size);

/* Maps the list from `iova` on, joining entries that continue each other; 0, or a negative errno with nothing mapped. */
int list_fill(const struct physical_list *list, struct page_table *table, uint64_t iova, uint64_t flags);

#endif
