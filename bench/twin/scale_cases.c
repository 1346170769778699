/* SPDX-License-Identifier: MIT
 *
 * How cost grows; twin_size is what grows. A list of so many ranges into a domain and out again; a run of so many pages; attach, map, unmap
 * and detach on a machine where so many others are attached and mapped; a negotiation while so many threads attach.
 */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "attachment.h"
#include "iova.h"
#include "list.h"
#include "twin.h"
#include "types.h"

#define PAGE UINT64_C(4096)
#define FLAGS UINT64_C(12)
#define IOVA_START (UINT64_C(1) << 39)
#define PHYSICAL (UINT64_C(1) << 40)
#define MOST_THREADS 64

static struct page_table *table;

static void make_table(void)
{
	table = pt_create();
	if (!table)
		twin_fail("out of memory");
}

/* A list into a domain. */

static struct physical_range *ranges;

static void prepare_list(void)
{
	make_table();
	ranges = twin_allocate(twin_size * sizeof(*ranges));
	/* Single pages, two pages apart: no two can be joined. */
	for (uint64_t i = 0; i < twin_size; i++)
		ranges[i] = (struct physical_range){ .address = PHYSICAL + 2 * i * PAGE, .length = PAGE };
}

static void run_list(uint64_t iterations)
{
	const struct physical_range *hidden = ranges;
	uint64_t size = twin_size * PAGE;

	for (uint64_t i = 0; i < iterations; i++) {
		HIDE(hidden);
		struct physical_list *list = list_create(hidden, twin_size);

		if (!list || list_validate(list, size) || list_fill(list, table, IOVA_START, FLAGS))
			twin_fail("a list could not be mapped");
		pt_unmap(table, IOVA_START, IOVA_START + size);
		list_free(list);
	}
	if (table->mapped_bytes)
		twin_fail("an unmap left something mapped");
}

static void clean_list(void)
{
	pt_destroy(table);
	free(ranges);
}

/* A run of pages. */

static void run_pages(uint64_t iterations)
{
	struct page_table *hidden = table;

	for (uint64_t i = 0; i < iterations; i++) {
		HIDE(hidden);
		/* One page beside an aligned place, so that every page is a small one. */
		if (!pt_map(hidden, IOVA_START, IOVA_START + twin_size * PAGE, PHYSICAL + PAGE, FLAGS))
			twin_fail("a run could not be mapped");
		HIDE(hidden);
		pt_unmap(hidden, IOVA_START, IOVA_START + twin_size * PAGE);
	}
}

static void clean_pages(void)
{
	pt_destroy(table);
}

/* Parties: a buffer with two offers, an importer with two requests, the second of each meets. */

static struct mapping_type types[3];
static struct match_entry offers[2];
static struct match_entry requests[2];

static void make_types(void)
{
	for (size_t i = 0; i < 3; i++)
		types[i] = (struct mapping_type){ .name = "twin", .match = match_peer_to_peer, .finish = finish_attachment };
	offers[0] = (struct match_entry){ .type = &types[0] };
	offers[1] = (struct match_entry){ .type = &types[1] };
	requests[0] = (struct match_entry){ .type = &types[2] };
	requests[1] = (struct match_entry){ .type = &types[1], .accepts_peer = true };
}

static void make_buffer(struct buffer *buffer)
{
	buffer->offers = offers;
	buffer->offer_count = 2;
	atomic_init(&buffer->lock, 0);
	buffer->attachments.previous = &buffer->attachments;
	buffer->attachments.next = &buffer->attachments;
}

/* A machine with many attachments that are mapped for a device behind one domain. */

struct user {
	struct attachment *attachment;
	struct table_entry *entries;
};

static struct buffer shared;
static struct iova_space *space;
static struct user *users;

static struct user attach_and_map(void)
{
	const struct physical_range page = { .address = PHYSICAL, .length = PAGE };
	struct user made;
	size_t filled;
	uint64_t iova;

	if (buffer_attach(&shared, requests, 2, NULL, NULL, &made.attachment))
		twin_fail("an attach was refused");
	made.attachment->live_mappings++;
	if (!iova_allocate(space, PAGE, UINT64_MAX, &iova) || !pt_map(table, iova, iova + PAGE, page.address, FLAGS))
		twin_fail("a page could not be mapped");
	made.entries = table_build(&page, 1, iova - page.address, &filled);
	if (!made.entries)
		twin_fail("out of memory");
	return made;
}

static void unmap_and_detach(struct user gone)
{
	uint64_t iova = gone.entries[0].dma_address;

	free(gone.entries);
	pt_unmap(table, iova, iova + PAGE);
	if (!iova_free(space, iova, PAGE))
		twin_fail("a run could not be freed");
	gone.attachment->live_mappings--;
	if (buffer_detach(&shared, gone.attachment))
		twin_fail("a detach was refused");
}

static void prepare_machine(void)
{
	make_table();
	make_types();
	make_buffer(&shared);
	space = iova_create(IOVA_START, UINT64_C(1) << 47, 20);
	if (!space)
		twin_fail("out of memory");
	users = twin_allocate((twin_size + 1) * sizeof(*users));
	for (uint64_t i = 0; i < twin_size; i++)
		users[i] = attach_and_map();
}

static void run_machine(uint64_t iterations)
{
	for (uint64_t i = 0; i < iterations; i++)
		unmap_and_detach(attach_and_map());
}

static void clean_machine(void)
{
	for (uint64_t i = 0; i < twin_size; i++)
		unmap_and_detach(users[i]);
	free(users);
	iova_destroy(space);
	pt_destroy(table);
}

/* Threads that attach and detach, each at a buffer of its own, while the main thread negotiates over the same lists. */

static pthread_t threads[MOST_THREADS];
static uint64_t thread_iterations;
static pthread_barrier_t starting, ending;
static bool is_over;

static void *attach_all_the_time(void *unused)
{
	struct buffer own;

	(void)unused;
	make_buffer(&own);
	for (;;) {
		pthread_barrier_wait(&starting);
		if (is_over)
			return NULL;
		for (uint64_t i = 0; i < thread_iterations; i++) {
			struct attachment *attachment;

			if (buffer_attach(&own, requests, 2, NULL, NULL, &attachment) || buffer_detach(&own, attachment))
				twin_fail("an attach or detach was refused");
		}
		pthread_barrier_wait(&ending);
	}
}

static void prepare_threads(void)
{
	if (twin_size > MOST_THREADS)
		twin_fail("too many threads");
	make_types();
	is_over = false;
	pthread_barrier_init(&starting, NULL, (unsigned int)twin_size + 1);
	pthread_barrier_init(&ending, NULL, (unsigned int)twin_size + 1);
	for (uint64_t i = 0; i < twin_size; i++)
		if (pthread_create(&threads[i], NULL, attach_all_the_time, NULL))
			twin_fail("a thread could not be made");
}

static void run_threads(uint64_t iterations)
{
	struct attachment target = { 0 };

	thread_iterations = iterations;
	pthread_barrier_wait(&starting);
	for (uint64_t i = 0; i < iterations; i++) {
		struct match_arguments arguments = { .attachment = &target, .requests = requests, .request_count = 2 };

		if (match_mapping(&arguments, offers, 2))
			twin_fail("a negotiation failed");
	}
	pthread_barrier_wait(&ending);
}

static void clean_threads(void)
{
	is_over = true;
	pthread_barrier_wait(&starting);
	for (uint64_t i = 0; i < twin_size; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&starting);
	pthread_barrier_destroy(&ending);
}

const struct twin_case scale_cases[] = {
	{ "list-into-domain", prepare_list, run_list, clean_list },
	{ "pages-in-table", make_table, run_pages, clean_pages },
	{ "machine-attach-map", prepare_machine, run_machine, clean_machine },
	{ "negotiation-among-threads", prepare_threads, run_threads, clean_threads },
};
const size_t scale_case_count = sizeof(scale_cases) / sizeof(scale_cases[0]);
