/* SPDX-License-Identifier: MIT
 *
 * I/O virtual addresses: free runs in a treap that knows the longest run of each subtree, runs that are handed out in a hash table (a free
 * that names none is refused), and stacks of small runs that were given back, one for each length.
 */
#ifndef IOVA_H
#define IOVA_H

#include <stdbool.h>
#include <stdint.h>

struct iova_space;

struct iova_space *iova_create(uint64_t start, uint64_t end, unsigned int ledger_bits);
void iova_destroy(struct iova_space *space);
bool iova_allocate(struct iova_space *space, uint64_t length, uint64_t last, uint64_t *start);
bool iova_free(struct iova_space *space, uint64_t start, uint64_t length);

#endif
