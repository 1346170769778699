/* SPDX-License-Identifier: MIT
 *
 * One run allocated and freed: a page, which is kept for reuse; and 40 pages, which are not, among 100 000 free runs of that length.
 */
#include "iova.h"
#include "twin.h"

#define PAGE UINT64_C(4096)
#define START UINT64_C(0x100000000)
#define FRAGMENTS 100000
#define LONG_RUN (40 * PAGE)

static struct iova_space *space;

static void prepare(void)
{
	space = iova_create(START, UINT64_C(1) << 47, 20);
	if (!space)
		twin_fail("out of memory");
}

static void prepare_fragments(void)
{
	uint64_t start;

	prepare();
	for (int i = 0; i < 2 * FRAGMENTS; i++)
		if (!iova_allocate(space, LONG_RUN, UINT64_MAX, &start))
			twin_fail("the fragments could not be made");
	for (uint64_t i = 0; i < 2 * FRAGMENTS; i += 2)
		if (!iova_free(space, START + i * LONG_RUN, LONG_RUN))
			twin_fail("a fragment could not be freed");
}

static void clean_up(void)
{
	iova_destroy(space);
	space = NULL;
}

static void run(uint64_t iterations, uint64_t length)
{
	struct iova_space *hidden = space;

	for (uint64_t i = 0; i < iterations; i++) {
		uint64_t start;

		HIDE(hidden);
		if (!iova_allocate(hidden, length, UINT64_MAX, &start) || !iova_free(hidden, start, length))
			twin_fail("a run could not be had or freed");
	}
}

static void run_cached(uint64_t iterations)
{
	run(iterations, PAGE);
}

static void run_fragmented(uint64_t iterations)
{
	run(iterations, LONG_RUN);
}

const struct twin_case iova_cases[] = {
	{ "iova-cached", prepare, run_cached, clean_up },
	{ "iova-fragmented", prepare_fragments, run_fragmented, clean_up },
};
const size_t iova_case_count = sizeof(iova_cases) / sizeof(iova_cases[0]);
