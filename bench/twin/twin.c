/* SPDX-License-Identifier: MIT
 *
 * The twin's line protocol, on standard input and output. One request a line, one answer a line:
 *
 *   list                   names, separated by blanks
 *   pin CPU                "ok"; the program stays on that core; -1: on none
 *   run NAME ITERATIONS    the nanoseconds that all iterations took together, by the monotonic clock; NAME:SIZE for cases that have one
 *
 * A bad request is answered with "error: ..." and changes nothing. End of input ends the program.
 */
#define _GNU_SOURCE
#include "twin.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct {
	const struct twin_case *cases;
	const size_t *count;
} groups[] = {
	{ negotiation_cases, &negotiation_case_count },
	{ attach_cases, &attach_case_count },
	{ access_cases, &access_case_count },
	{ table_cases, &table_case_count },
	{ pagetable_cases, &pagetable_case_count },
	{ iova_cases, &iova_case_count },
	{ scale_cases, &scale_case_count },
	{ sharing_cases, &sharing_case_count },
};
#define GROUP_COUNT (sizeof(groups) / sizeof(groups[0]))

void twin_fail(const char *what)
{
	fprintf(stderr, "twin: %s\n", what);
	exit(1);
}

void *twin_allocate(size_t bytes)
{
	void *memory = malloc(bytes);

	if (!memory)
		twin_fail("out of memory");
	return memory;
}

static uint64_t monotonic_nanoseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static const struct twin_case *find_case(const char *name)
{
	for (size_t g = 0; g < GROUP_COUNT; g++)
		for (size_t i = 0; i < *groups[g].count; i++)
			if (!strcmp(groups[g].cases[i].name, name))
				return &groups[g].cases[i];
	return NULL;
}

static void answer_list(void)
{
	for (size_t g = 0; g < GROUP_COUNT; g++)
		for (size_t i = 0; i < *groups[g].count; i++)
			printf("%s%s", g || i ? " " : "", groups[g].cases[i].name);
	putchar('\n');
}

static void answer_pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (int each = 0; each < CPU_SETSIZE; each++)
		if (cpu == each || cpu == -1)
			CPU_SET(each, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		printf("error: cannot stay on core %d: %s\n", cpu, strerror(errno));
	else
		puts("ok");
}

uint64_t twin_size = 1;

static void answer_run(char *name, uint64_t iterations)
{
	char *size = strchr(name, ':');

	twin_size = size ? strtoull(size + 1, NULL, 10) : 1;
	if (size)
		*size = '\0';

	const struct twin_case *chosen = find_case(name);

	if (!chosen) {
		printf("error: no case is named %s\n", name);
		return;
	}
	chosen->prepare();
	uint64_t start = monotonic_nanoseconds();

	chosen->run(iterations);
	uint64_t end = monotonic_nanoseconds();

	chosen->clean_up();
	printf("%" PRIu64 "\n", end - start);
}

int main(void)
{
	char line[256];
	char name[128];
	uint64_t iterations;
	int cpu;

	while (fgets(line, sizeof(line), stdin)) {
		if (!strcmp(line, "list\n"))
			answer_list();
		else if (sscanf(line, "pin %d", &cpu) == 1)
			answer_pin(cpu);
		else if (sscanf(line, "run %127s %" SCNu64, name, &iterations) == 2)
			answer_run(name, iterations);
		else
			puts("error: requests are: list; pin CPU; run NAME ITERATIONS");
		fflush(stdout);
	}
	return 0;
}
