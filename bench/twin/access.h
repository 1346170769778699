/* SPDX-License-Identifier: MIT
 *
 * The gate of CPU accesses: one word that counts who is inside and carries the revoked flag.
 */
#ifndef ACCESS_H
#define ACCESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define ACCESS_REVOKED (UINT64_C(1) << 63)

struct access_gate {
	_Atomic uint64_t word;
};

/* Counts the caller in; false, and not counted, after a revoke. */
bool access_enter(struct access_gate *gate);

/* Counts the caller out; true if the caller was the last one and a revoke waits for it. */
bool access_leave(struct access_gate *gate);

#endif
