/* SPDX-License-Identifier: MIT
 *
 * A subscriber of a frame channel that shares no code with the library: written from docs/channels.md alone.
 *
 *   subscriber MODE ADDRESS SEED
 *
 *   take       receives until the channel ends, holds up to two frames and releases them in any order; verifies contents and order
 *   hog        receives and releases nothing
 *   scribble   writes random words into its answers, for ever
 *   steal      tries to write what it must not, to shrink it and to punch holes; then takes
 *
 * Exit code: 0 the channel was closed; 3 this subscriber was cut off; 4 the publisher went away; anything else is a failure, told on standard error.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define LINE 64
#define MOST_BUFFERS 250

static const char *board, *queue, *buffers[MOST_BUFFERS];
static char *answers;
static size_t board_bytes, queue_bytes, answers_bytes;
static int descriptors[3 + MOST_BUFFERS], connection;
static uint32_t buffer_count, slot_count;
static uint64_t buffer_bytes, next_delivery, last_sequence;
static uint64_t random_state;

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "subscriber: %s (%s)\n", what, strerror(errno));
	exit(1);
}

static uint32_t next_random(void)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(random_state >> 33);
}

static uint64_t read64(const char *base, size_t offset)
{
	return atomic_load_explicit((const _Atomic uint64_t *)(base + offset), memory_order_acquire);
}

static uint32_t read32(const char *base, size_t offset)
{
	return atomic_load_explicit((const _Atomic uint32_t *)(base + offset), memory_order_acquire);
}

/* A full fence on both sides: what follows is looked at after this is visible. */
static uint64_t exchange64(size_t offset, uint64_t value)
{
	uint64_t before = atomic_exchange((_Atomic uint64_t *)(answers + offset), value);

	atomic_thread_fence(memory_order_seq_cst);
	return before;
}

static uint32_t exchange32(size_t offset, uint32_t value)
{
	uint32_t before = atomic_exchange((_Atomic uint32_t *)(answers + offset), value);

	atomic_thread_fence(memory_order_seq_cst);
	return before;
}

static void *map_all(int descriptor, int protection, size_t *bytes)
{
	struct stat status;

	if (fstat(descriptor, &status))
		fail("fstat");
	*bytes = (size_t)status.st_size;
	void *address = mmap(NULL, *bytes, protection, MAP_SHARED, descriptor, 0);

	if (address == MAP_FAILED)
		fail("mmap");
	return address;
}

static void join(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	union {
		char bytes[CMSG_SPACE(sizeof(descriptors))];
		struct cmsghdr aligned;
	} control;
	char message[24];
	struct iovec part = { message, sizeof(message) };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	connection = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (connection < 0 || connect(connection, (struct sockaddr *)&address, sizeof(address)))
		fail("connect");
	if (recvmsg(connection, &header, MSG_CMSG_CLOEXEC) != sizeof(message))
		fail("no invitation");
	memcpy(descriptors, CMSG_DATA(CMSG_FIRSTHDR(&header)), CMSG_FIRSTHDR(&header)->cmsg_len - CMSG_LEN(0));

	board = map_all(descriptors[0], PROT_READ, &board_bytes);
	queue = map_all(descriptors[1], PROT_READ, &queue_bytes);
	answers = map_all(descriptors[2], PROT_READ | PROT_WRITE, &answers_bytes);
	if (memcmp(message, "DMABUFCH", 8) || memcmp(board, "DMABUFCH", 8) || memcmp(queue, "DMABUFQU", 8) || read32(board, 8) != 1)
		fail("no channel of layout version 1");
	buffer_count = read32(board, 12);
	buffer_bytes = read64(board, 16);
	slot_count = read32(board, 24);
	for (uint32_t i = 0; i < buffer_count; i++) {
		size_t bytes;

		buffers[i] = map_all(descriptors[3 + i], PROT_READ, &bytes);
	}
}

struct frame {
	uint64_t delivery, sequence, size;
	uint32_t buffer;
};

static void tell_released(uint32_t buffer, uint64_t delivery)
{
	exchange64(192 + 8 * (size_t)buffer, delivery + 1);
	if (read32(answers, 128) && exchange32(128, 0))
		syscall(SYS_futex, answers + 128, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

static int is_cut_off(void)
{
	uint32_t reason = read32(queue, 72);

	return reason == 2 || reason == 3;
}

static int take(struct frame *frame)
{
	for (;;) {
		const char *slot = queue + 128 + (next_delivery & (slot_count - 1)) * LINE;
		uint64_t ready = read64(slot, 0);

		if (ready < next_delivery + 1)
			return 0;
		if (ready == next_delivery + 1) {
			uint64_t delivery = next_delivery++;

			*frame = (struct frame){ delivery, read64(slot, 16), read64(slot, 24), read32(slot, 8) };
			exchange64(0, delivery + 1);
			if (read64(queue, 64) <= delivery)
				return !is_cut_off();
			tell_released(frame->buffer, delivery);
		} else {
			next_delivery = ready - slot_count;
		}
	}
}

static int peer_is_gone(void)
{
	char byte;

	return recv(connection, &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
}

/* Exits at the end of the channel. */
static void receive(struct frame *frame)
{
	struct timespec slice = { 0, 50 * 1000 * 1000 };

	for (int look = 0;; look++) {
		uint32_t reason = read32(queue, 72);
		int gone = look > 2000 && peer_is_gone();

		if (look > 2000)
			exchange32(64, 1);
		if (take(frame))
			return;
		if (is_cut_off())
			exit(3);
		if (reason)
			exit(0);
		if (gone)
			exit(4);
		if (look > 2000)
			syscall(SYS_futex, answers + 64, FUTEX_WAIT, 1, &slice, NULL, 0);
	}
}

/* Each word of a frame tells of which frame it is, and where in it. */
static void verify(const struct frame *frame)
{
	const uint64_t *words = (const uint64_t *)buffers[frame->buffer];

	for (uint64_t i = 0; i < frame->size / 8; i++) {
		if (words[i] != frame->sequence * UINT64_C(0x9E3779B97F4A7C15) + i && !is_cut_off()) {
			fprintf(stderr, "frame %lu has a wrong word at %lu\n", frame->sequence, i);
			exit(1);
		}
	}
}

static void take_frames(void)
{
	struct frame held[3];
	int count = 0;

	for (;;) {
		receive(&held[count]);
		if (held[count].sequence <= last_sequence)
			fail("frames came out of order");
		last_sequence = held[count].sequence;
		verify(&held[count++]);
		while (count > 0 && (count == 3 || next_random() % 2)) {
			int which = (int)(next_random() % (uint32_t)count);

			verify(&held[which]);
			tell_released(held[which].buffer, held[which].delivery);
			held[which] = held[--count];
		}
	}
}

static void hog(void)
{
	struct frame frame;

	for (;;)
		receive(&frame);
}

static void scribble(void)
{
	for (;;) {
		uint64_t value = next_random() % 4 ? next_random() % 64 : (uint64_t)next_random() << 33 | next_random();

		atomic_store((_Atomic uint64_t *)(answers + next_random() % (answers_bytes / 8) * 8), value);
		if (next_random() % 64 == 0)
			syscall(SYS_futex, answers + 128, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
		if (next_random() % 4096 == 0 && peer_is_gone())
			exit(4);
	}
}

static void must_fail(int result, const char *what)
{
	if (result != -1)
		fail(what);
}

static void steal_from(int descriptor, const char *mapped, size_t bytes, int is_ours)
{
	char path[64];

	must_fail(ftruncate(descriptor, 0), "it could be shrunk");
	must_fail(ftruncate(descriptor, (off_t)bytes + 4096), "it could grow");
	must_fail(fcntl(descriptor, F_ADD_SEALS, F_SEAL_WRITE), "it could be sealed further");
	if (is_ours)
		return;
	must_fail(fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096), "a hole could be punched");
	must_fail(mprotect((void *)mapped, bytes, PROT_READ | PROT_WRITE), "its mapping could be made writable");
	must_fail(madvise((void *)mapped, bytes, MADV_REMOVE), "its pages could be removed");
	must_fail((int)write(descriptor, "x", 1), "it could be written to");
	if (mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0) != MAP_FAILED)
		fail("it could be mapped writable");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", descriptor);
	int again = open(path, O_RDWR | O_CLOEXEC);

	if (again >= 0) {
		if (mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, again, 0) != MAP_FAILED)
			fail("it could be opened anew and mapped writable");
		must_fail((int)write(again, "x", 1), "it could be opened anew and written to");
		close(again);
	}
}

static void steal(void)
{
	steal_from(descriptors[0], board, board_bytes, 0);
	steal_from(descriptors[1], queue, queue_bytes, 0);
	steal_from(descriptors[2], answers, answers_bytes, 1);
	for (uint32_t i = 0; i < buffer_count; i++)
		steal_from(descriptors[3 + i], buffers[i], (size_t)buffer_bytes, 0);
	/* A hole in its own answers is its own matter: the publisher reads zeros. */
	fallocate(descriptors[2], FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096);
	take_frames();
}

int main(int count, char **arguments)
{
	if (count != 4)
		fail("use: subscriber MODE ADDRESS SEED");
	random_state = strtoull(arguments[3], NULL, 10);
	join(arguments[2]);
	if (!strcmp(arguments[1], "take"))
		take_frames();
	if (!strcmp(arguments[1], "hog"))
		hog();
	if (!strcmp(arguments[1], "scribble"))
		scribble();
	if (!strcmp(arguments[1], "steal"))
		steal();
	fail("no such mode");
}
