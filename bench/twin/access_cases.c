/* SPDX-License-Identifier: MIT
 *
 * The access lease, and the control: a pair of atomic operations, which both languages compile to the same two instructions. Its ratio
 * says how far the harness itself can be trusted in a run.
 */
#include "access.h"
#include "twin.h"

static struct access_gate gate;
static _Atomic uint64_t counter;

static void prepare(void)
{
	atomic_init(&gate.word, 0);
	atomic_init(&counter, 0);
}

static void run_enter_leave(uint64_t iterations)
{
	struct access_gate *hidden_gate = &gate;

	for (uint64_t i = 0; i < iterations; i++) {
		HIDE(hidden_gate);
		if (!access_enter(hidden_gate))
			twin_fail("an access was refused");
		if (access_leave(hidden_gate))
			twin_fail("an access ended a revoke that nobody started");
	}
}

static void run_control(uint64_t iterations)
{
	for (uint64_t i = 0; i < iterations; i++) {
		uint64_t added = atomic_fetch_add(&counter, 1);
		uint64_t subtracted = atomic_fetch_sub(&counter, 1);

		HIDE(added);
		HIDE(subtracted);
	}
}

static void nothing_to_clean_up(void)
{
}

const struct twin_case access_cases[] = {
	{ "access-enter-leave", prepare, run_enter_leave, nothing_to_clean_up },
	{ "control-atomic-pair", prepare, run_control, nothing_to_clean_up },
};
const size_t access_case_count = sizeof(access_cases) / sizeof(access_cases[0]);
