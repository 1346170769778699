/* SPDX-License-Identifier: MIT
 *
 * Tables of 1, 64, 4096 and 65536 ranges: filling one that is there; counting, allocating, filling and freeing; and, as the limit that
 * no table can beat, a memset of the same bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "table.h"
#include "twin.h"

#define PAGE UINT64_C(4096)
#define BUS_OFFSET UINT64_C(0x100000000)

static struct physical_range *ranges;
static struct table_entry *entries;
static size_t range_count;

/* Ranges of 1 to 8 pages with gaps between them; none needs splitting, which is what real tables look like. */
static void prepare_ranges(size_t count)
{
	uint64_t address = UINT64_C(0x40000000);

	range_count = count;
	ranges = twin_allocate(count * sizeof(*ranges));
	entries = twin_allocate(count * sizeof(*entries));
	/* Touched here, so that no page fault lands inside the clock. */
	memset(entries, 0xff, count * sizeof(*entries));
	for (size_t i = 0; i < count; i++) {
		ranges[i].address = address;
		ranges[i].length = (1 + i % 8) * PAGE;
		address += ranges[i].length + PAGE;
	}
}

static void clean_up(void)
{
	free(ranges);
	free(entries);
	ranges = NULL;
	entries = NULL;
}

static void run_fill(uint64_t iterations)
{
	struct table_entry *hidden_entries = entries;
	const struct physical_range *hidden_ranges = ranges;

	for (uint64_t i = 0; i < iterations; i++) {
		HIDE(hidden_entries);
		HIDE(hidden_ranges);
		if (table_fill(hidden_entries, hidden_ranges, range_count, BUS_OFFSET) != range_count)
			twin_fail("a table was filled with another number of entries than counted");
	}
}

static void run_build(uint64_t iterations)
{
	const struct physical_range *hidden_ranges = ranges;

	for (uint64_t i = 0; i < iterations; i++) {
		size_t filled = 0;

		HIDE(hidden_ranges);
		struct table_entry *table = table_build(hidden_ranges, range_count, BUS_OFFSET, &filled);

		if (!table || filled != range_count)
			twin_fail("a table could not be built");
		HIDE(table);
		free(table);
	}
}

static void run_memset(uint64_t iterations)
{
	struct table_entry *hidden_entries = entries;

	for (uint64_t i = 0; i < iterations; i++) {
		HIDE(hidden_entries);
		memset(hidden_entries, (int)(i & 0x7f), range_count * sizeof(*hidden_entries));
	}
	HIDE(hidden_entries);
}

static void prepare_1(void)
{
	prepare_ranges(1);
}

static void prepare_64(void)
{
	prepare_ranges(64);
}

static void prepare_4096(void)
{
	prepare_ranges(4096);
}

static void prepare_65536(void)
{
	prepare_ranges(65536);
}

const struct twin_case table_cases[] = {
	{ "table-fill-1", prepare_1, run_fill, clean_up },
	{ "table-fill-64", prepare_64, run_fill, clean_up },
	{ "table-fill-4096", prepare_4096, run_fill, clean_up },
	{ "table-fill-65536", prepare_65536, run_fill, clean_up },
	{ "table-build-1", prepare_1, run_build, clean_up },
	{ "table-build-64", prepare_64, run_build, clean_up },
	{ "table-build-4096", prepare_4096, run_build, clean_up },
	{ "table-build-65536", prepare_65536, run_build, clean_up },
	{ "table-memset-4096", prepare_4096, run_memset, clean_up },
};
const size_t table_case_count = sizeof(table_cases) / sizeof(table_cases[0]);
