/* SPDX-License-Identifier: MIT
 *
 * What the files of the twin share. The twin is the C side of the ratios: a plain C program that does the same work as the C#
 * framework, written from the project's behavioural description, and built by the bench with "gcc -O2".
 *
 * Two rules keep it an honest opponent:
 *   - it is ordinary good C: nothing is made slower than a careful C programmer would write it;
 *   - the compiler may not remove the work: the code under test is in other translation units than the data and the loop that calls it
 *     (no link-time optimisation), and HIDE makes a value unknown to the optimiser at no run-time cost.
 */
#ifndef TWIN_H
#define TWIN_H

#include <stddef.h>
#include <stdint.h>

/* The value passes through a register that the compiler must believe to have changed. */
#define HIDE(value) __asm__ volatile("" : "+r"(value) : : "memory")

/* A loop over one case: does the operation `iterations` times; all set-up happens in `prepare`, outside the clock. */
struct twin_case {
	const char *name;
	void (*prepare)(void);
	void (*run)(uint64_t iterations);
	void (*clean_up)(void);
};

/* Ends the program with a message: a benchmark whose work went wrong must not report a time. */
_Noreturn void twin_fail(const char *what);

/* An allocation that the program cannot do without. */
void *twin_allocate(size_t bytes);

/* What grows in the cases that show how cost grows: the number behind the colon of "run NAME:SIZE"; 1 without one. */
extern uint64_t twin_size;

extern const struct twin_case negotiation_cases[];
extern const size_t negotiation_case_count;
extern const struct twin_case attach_cases[];
extern const size_t attach_case_count;
extern const struct twin_case table_cases[];
extern const size_t table_case_count;
extern const struct twin_case pagetable_cases[];
extern const size_t pagetable_case_count;
extern const struct twin_case iova_cases[];
extern const size_t iova_case_count;
extern const struct twin_case access_cases[];
extern const size_t access_case_count;
extern const struct twin_case scale_cases[];
extern const size_t scale_case_count;
extern const struct twin_case sharing_cases[];
extern const size_t sharing_case_count;

#endif
