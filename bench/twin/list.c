/* SPDX-License-Identifier: MIT */
#include "list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_MASK UINT64_C(0xfff)
#define LAST_PHYSICAL ((UINT64_C(1) << 52) - 1)
#define MOST_ENTRIES (UINT64_C(1) << 20)

struct physical_list *list_create(const struct physical_range *ranges, size_t count)
{
	struct physical_list *list = malloc(sizeof(*list));

	if (!list)
		return NULL;
	list->count = count;
	list->entries = malloc(count * sizeof(*ranges));
	if (!list->entries) {
		free(list);
		return NULL;
	}
	memcpy(list->entries, ranges, count * sizeof(*ranges));
	return list;
}

void list_free(struct physical_list *list)
{
	free(list->entries);
	free(list);
}

int list_validate(const struct physical_list *list, uint64_t size)
{
	uint64_t total = 0;

	if (!list->count)
		return -EINVAL;
	if (list->count > MOST_ENTRIES)
		return -E2BIG;
	for (size_t i = 0; i < list->count; i++) {
		uint64_t address = list->entries[i].address;
		uint64_t length = list->entries[i].length;

		if (!length || ((address | length) & PAGE_MASK))
			return -EINVAL;
		if (address + length < address || total + length < total)
			return -EOVERFLOW;
		if (address + length - 1 > LAST_PHYSICAL)
			return -EINVAL;
		total += length;
	}
	return total == size ? 0 : -EINVAL;
}

int list_fill(const struct physical_list *list, struct page_table *table, uint64_t iova, uint64_t flags)
{
	uint64_t at = iova;

	for (size_t i = 0; i < list->count;) {
		uint64_t start = list->entries[i].address;
		uint64_t length = list->entries[i].length;

		for (i++; i < list->count && list->entries[i].address == start + length; i++)
			length += list->entries[i].length;
		if (!pt_map(table, at, at + length, start, flags)) {
			pt_unmap(table, iova, at);
			return -EEXIST;
		}
		at += length;
	}
	return 0;
}
