/* SPDX-License-Identifier: MIT */
#include "access.h"

bool access_enter(struct access_gate *gate)
{
	uint64_t before = atomic_fetch_add_explicit(&gate->word, 1, memory_order_acquire);

	if (before & ACCESS_REVOKED) {
		atomic_fetch_sub_explicit(&gate->word, 1, memory_order_relaxed);
		return false;
	}
	return true;
}

bool access_leave(struct access_gate *gate)
{
	uint64_t before = atomic_fetch_sub_explicit(&gate->word, 1, memory_order_release);

	return before == (ACCESS_REVOKED | 1);
}
