/* SPDX-License-Identifier: MIT */
#include "iova.h"

#include <stddef.h>
#include <stdlib.h>

#define PAGE_SHIFT 12
#define KEPT_PAGES 32
#define KEPT_PER_LENGTH 64

struct node {
	uint64_t start, end, longest;
	uint32_t priority;
	struct node *left, *right;
};

struct entry {
	uint64_t start, length;
	bool kept;
};

struct iova_space {
	struct node *root;
	struct node *unused;
	struct entry *ledger;
	unsigned int ledger_bits;
	uint64_t kept[KEPT_PAGES + 1][KEPT_PER_LENGTH];
	unsigned int kept_count[KEPT_PAGES + 1];
	uint64_t allocated;
};

static void update(struct node *node)
{
	uint64_t longest = node->end - node->start;

	if (node->left && node->left->longest > longest)
		longest = node->left->longest;
	if (node->right && node->right->longest > longest)
		longest = node->right->longest;
	node->longest = longest;
}

static void split(struct node *node, uint64_t start, struct node **below, struct node **above)
{
	if (!node) {
		*below = *above = NULL;
		return;
	}
	if (node->start < start) {
		split(node->right, start, &node->right, above);
		*below = node;
	} else {
		split(node->left, start, below, &node->left);
		*above = node;
	}
	update(node);
}

static struct node *join(struct node *below, struct node *above)
{
	if (!below || !above)
		return below ? below : above;
	if (below->priority >= above->priority) {
		below->right = join(below->right, above);
		update(below);
		return below;
	}
	above->left = join(below, above->left);
	update(above);
	return above;
}

static bool insert(struct iova_space *space, uint64_t start, uint64_t end)
{
	struct node *node = space->unused, *below, *above;

	if (start == end)
		return true;
	if (node)
		space->unused = node->left;
	else
		node = malloc(sizeof(*node));
	if (!node)
		return false;
	node->start = start;
	node->end = end;
	node->priority = (uint32_t)(((start ^ (start >> 29)) * UINT64_C(0xbf58476d1ce4e5b9)) >> 32);
	node->left = node->right = NULL;
	update(node);
	split(space->root, start, &below, &above);
	space->root = join(join(below, node), above);
	return true;
}

static void take_out(struct iova_space *space, uint64_t start)
{
	struct node *below, *rest, *node, *above;

	split(space->root, start, &below, &rest);
	split(rest, start + 1, &node, &above);
	space->root = join(below, above);
	node->left = space->unused;
	space->unused = node;
}

static struct node *at_or_below(struct node *node, uint64_t start)
{
	struct node *best = NULL;

	while (node) {
		if (node->start <= start) {
			best = node;
			node = node->right;
		} else {
			node = node->left;
		}
	}
	return best;
}

static bool give(struct iova_space *space, uint64_t start, uint64_t end)
{
	struct node *near = at_or_below(space->root, start);

	if (near && near->end == start) {
		start = near->start;
		take_out(space, start);
	}
	near = at_or_below(space->root, end);
	if (near && near->start == end) {
		uint64_t joined = near->end;

		take_out(space, end);
		end = joined;
	}
	return insert(space, start, end);
}

static struct entry *find(struct iova_space *space, uint64_t start)
{
	uint64_t mask = (UINT64_C(1) << space->ledger_bits) - 1;
	uint64_t place = (start * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - space->ledger_bits);

	while (space->ledger[place & mask].start != start && space->ledger[place & mask].start)
		place++;
	return &space->ledger[place & mask];
}

static void forget(struct iova_space *space, struct entry *hole)
{
	uint64_t mask = (UINT64_C(1) << space->ledger_bits) - 1;
	uint64_t at = (uint64_t)(hole - space->ledger);

	for (uint64_t place = (at + 1) & mask; space->ledger[place].start; place = (place + 1) & mask) {
		uint64_t home = (space->ledger[place].start * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - space->ledger_bits);

		if (((place - home) & mask) >= ((place - at) & mask)) {
			space->ledger[at] = space->ledger[place];
			at = place;
		}
	}
	space->ledger[at].start = 0;
}

static bool keepable(uint64_t length)
{
	return (length & ((1u << PAGE_SHIFT) - 1)) == 0 && length <= (uint64_t)KEPT_PAGES << PAGE_SHIFT;
}

struct iova_space *iova_create(uint64_t start, uint64_t end, unsigned int ledger_bits)
{
	struct iova_space *space = calloc(1, sizeof(*space));

	if (!space)
		return NULL;
	space->ledger_bits = ledger_bits;
	space->ledger = calloc((size_t)1 << ledger_bits, sizeof(*space->ledger));
	if (space->ledger && insert(space, start, end))
		return space;
	free(space->ledger);
	free(space);
	return NULL;
}

static void free_nodes(struct node *node)
{
	if (!node)
		return;
	free_nodes(node->left);
	free_nodes(node->right);
	free(node);
}

void iova_destroy(struct iova_space *space)
{
	free_nodes(space->root);
	while (space->unused) {
		struct node *next = space->unused->left;

		free(space->unused);
		space->unused = next;
	}
	free(space->ledger);
	free(space);
}

bool iova_allocate(struct iova_space *space, uint64_t length, uint64_t last, uint64_t *start)
{
	struct node *node = space->root;
	uint64_t end;

	if (keepable(length) && space->kept_count[length >> PAGE_SHIFT]) {
		unsigned int *count = &space->kept_count[length >> PAGE_SHIFT];

		*start = space->kept[length >> PAGE_SHIFT][*count - 1];
		if (*start <= last && length - 1 <= last - *start) {
			(*count)--;
			find(space, *start)->kept = false;
			space->allocated += length;
			return true;
		}
	}
	if (!node || node->longest < length)
		return false;
	for (;;) {
		if (node->left && node->left->longest >= length)
			node = node->left;
		else if (node->end - node->start >= length)
			break;
		else
			node = node->right;
	}
	*start = node->start;
	end = node->end;
	if (*start > last || length - 1 > last - *start)
		return false;
	take_out(space, *start);
	insert(space, *start + length, end);
	*find(space, *start) = (struct entry){ .start = *start, .length = length };
	space->allocated += length;
	return true;
}

bool iova_free(struct iova_space *space, uint64_t start, uint64_t length)
{
	struct entry *entry = find(space, start);

	if (!start || entry->start != start || entry->length != length || entry->kept)
		return false;
	space->allocated -= length;
	if (keepable(length) && space->kept_count[length >> PAGE_SHIFT] < KEPT_PER_LENGTH) {
		space->kept[length >> PAGE_SHIFT][space->kept_count[length >> PAGE_SHIFT]++] = start;
		entry->kept = true;
		return true;
	}
	forget(space, entry);
	return give(space, start, start + length);
}
