/* SPDX-License-Identifier: MIT
 *
 * Runs of pages of each size mapped and unmapped, one page beside another that stays, and the walk for one access.
 */
#include "pagetable.h"
#include "twin.h"

#define FLAGS UINT64_C(12)
#define START (UINT64_C(1) << 39)
#define PHYSICAL (UINT64_C(1) << 40)
#define SMALL (UINT64_C(1) << 12)
#define LARGE (UINT64_C(1) << 21)
#define HUGE_PAGE (UINT64_C(1) << 30)
#define TRANSLATED_PAGES 1024

static struct page_table *table;

static void prepare_empty(void)
{
	table = pt_create();
	if (!table)
		twin_fail("out of memory");
}

static void prepare_neighbour(void)
{
	prepare_empty();
	if (!pt_map(table, START, START + SMALL, PHYSICAL, FLAGS))
		twin_fail("the neighbour could not be mapped");
}

static void prepare_translation(void)
{
	prepare_empty();
	/* One page beside an aligned place, so that every page is a small one. */
	if (!pt_map(table, START, START + TRANSLATED_PAGES * SMALL, PHYSICAL + SMALL, FLAGS))
		twin_fail("the run could not be mapped");
}

static void clean_up(void)
{
	pt_destroy(table);
	table = NULL;
}

static void run(uint64_t iterations, uint64_t start, uint64_t length, uint64_t physical)
{
	struct page_table *hidden = table;
	uint64_t before = table->mapped_bytes;

	for (uint64_t i = 0; i < iterations; i++) {
		HIDE(hidden);
		if (!pt_map(hidden, start, start + length, physical, FLAGS))
			twin_fail("a run could not be mapped");
		HIDE(hidden);
		pt_unmap(hidden, start, start + length);
	}
	if (table->mapped_bytes != before)
		twin_fail("an unmap left something mapped");
}

static void run_small(uint64_t iterations)
{
	run(iterations, START, 32768 * SMALL, PHYSICAL + SMALL);
}

static void run_large(uint64_t iterations)
{
	run(iterations, START, 4096 * LARGE, PHYSICAL + LARGE);
}

static void run_huge(uint64_t iterations)
{
	run(iterations, START, 1024 * HUGE_PAGE, PHYSICAL);
}

static void run_one(uint64_t iterations)
{
	run(iterations, START + SMALL, SMALL, PHYSICAL + 7 * SMALL);
}

/* The least that any table must do: each entry written once when it is mapped and once when it is removed. */
static uint64_t entries[32768];

static void prepare_nothing(void)
{
}

static void run_entries(uint64_t iterations)
{
	uint64_t *hidden = entries;

	for (uint64_t i = 0; i < iterations; i++) {
		HIDE(hidden);
		for (uint64_t each = 0; each < 32768; each++)
			hidden[each] = (PHYSICAL | FLAGS) + each * SMALL;
		HIDE(hidden);
		for (uint64_t each = 0; each < 32768; each++)
			hidden[each] = 0;
	}
}

static void run_translate(uint64_t iterations)
{
	const struct page_table *hidden = table;
	uint64_t page = 0;

	for (uint64_t i = 0; i < iterations; i++) {
		uint64_t physical;

		HIDE(hidden);
		page = (page + 389) % TRANSLATED_PAGES;
		if (!pt_translate(hidden, START + page * SMALL + 8, &physical) || physical != PHYSICAL + (page + 1) * SMALL + 8)
			twin_fail("an address led to a wrong place");
	}
}

const struct twin_case pagetable_cases[] = {
	{ "pagetable-run-4k", prepare_empty, run_small, clean_up },
	{ "pagetable-run-2m", prepare_empty, run_large, clean_up },
	{ "pagetable-run-1g", prepare_empty, run_huge, clean_up },
	{ "pagetable-one-page", prepare_neighbour, run_one, clean_up },
	{ "pagetable-entries-4k", prepare_nothing, run_entries, prepare_nothing },
	{ "pagetable-translate", prepare_translation, run_translate, clean_up },
};
const size_t pagetable_case_count = sizeof(pagetable_cases) / sizeof(pagetable_cases[0]);
