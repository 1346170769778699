/* SPDX-License-Identifier: MIT
 *
 * What two processes can do at best, by each of the kernel's means: one of them passes something small to the other, which passes it back.
 * An iteration is there and back. "line-ping-pong" is the floor: one word in one line of shared memory, both processes look without a pause.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "twin.h"

/* As many descriptors as an invitation to eight buffers has. */
#define DESCRIPTORS 11
#define BUFFER_BYTES (64 << 10)
#define WARM_UP 100

static _Atomic uint32_t *word;
static pid_t peer;
static int there[2], back[2];

static void run_line(uint64_t iterations);
static void run_futex(uint64_t iterations);
static void run_bytes(uint64_t iterations);

static void make_word(void)
{
	word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (word == MAP_FAILED)
		twin_fail("no shared memory");
}

/* The other process, which answers until it is killed; it does not outlive this one. What it costs to start is over when it has answered for a while. */
static void start_peer(void (*answer)(void), void (*run)(uint64_t))
{
	peer = fork();
	if (peer < 0)
		twin_fail("cannot fork");
	if (peer == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			answer();
	}
	run(WARM_UP);
}

static void end_peer(void)
{
	kill(peer, SIGKILL);
	waitpid(peer, NULL, 0);
}

static void clean_up_word(void)
{
	end_peer();
	munmap((void *)word, 4096);
}

/* Looking: 1 is the peer's turn, 0 ours. */

static void answer_line(void)
{
	while (atomic_load_explicit(word, memory_order_acquire) != 1)
		;
	atomic_store_explicit(word, 0, memory_order_release);
}

static void prepare_line(void)
{
	make_word();
	start_peer(answer_line, run_line);
}

static void run_line(uint64_t iterations)
{
	for (uint64_t i = 0; i < iterations; i++) {
		atomic_store_explicit(word, 1, memory_order_release);
		while (atomic_load_explicit(word, memory_order_acquire) != 0)
			;
	}
}

/* Sleeping on the same word. */

static void futex_wait_for(uint32_t wanted)
{
	while (atomic_load(word) != wanted)
		syscall(SYS_futex, word, FUTEX_WAIT, 1 - wanted, NULL, NULL, 0);
}

static void futex_pass(uint32_t turn)
{
	atomic_store(word, turn);
	syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void answer_futex(void)
{
	futex_wait_for(1);
	futex_pass(0);
}

static void prepare_futex(void)
{
	make_word();
	start_peer(answer_futex, run_futex);
}

static void run_futex(uint64_t iterations)
{
	for (uint64_t i = 0; i < iterations; i++) {
		futex_pass(1);
		futex_wait_for(0);
	}
}

/* Through descriptors: there[0] is read by the peer, back[0] by us. */

static void pass(int out, int in, size_t bytes)
{
	uint64_t message = 1;

	if (out >= 0 && write(out, &message, bytes) != (ssize_t)bytes)
		twin_fail("a message was not sent");
	if (in >= 0 && read(in, &message, bytes) != (ssize_t)bytes)
		twin_fail("a message was not received");
}

static void answer_bytes(void)
{
	pass(-1, there[0], sizeof(uint64_t));
	pass(back[1], -1, sizeof(uint64_t));
}

static void run_bytes(uint64_t iterations)
{
	for (uint64_t i = 0; i < iterations; i++)
		pass(there[1], back[0], sizeof(uint64_t));
}

static void prepare_eventfd(void)
{
	there[0] = there[1] = eventfd(0, EFD_CLOEXEC);
	back[0] = back[1] = eventfd(0, EFD_CLOEXEC);
	if (there[0] < 0 || back[0] < 0)
		twin_fail("no eventfd");
	start_peer(answer_bytes, run_bytes);
}

static void clean_up_eventfd(void)
{
	end_peer();
	close(there[0]);
	close(back[0]);
}

static void prepare_socket(void)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		twin_fail("no socket");
	there[1] = back[0] = pair[0];
	there[0] = back[1] = pair[1];
	start_peer(answer_bytes, run_bytes);
}

static void clean_up_socket(void)
{
	end_peer();
	close(there[0]);
	close(there[1]);
}

static void open_named_pipe(int ends[2])
{
	char folder[] = "/tmp/dmabuf-twin-XXXXXX";
	char path[sizeof(folder) + 8];

	if (!mkdtemp(folder))
		twin_fail("no folder for a named pipe");
	snprintf(path, sizeof(path), "%s/pipe", folder);
	/* Opened for both, an open does not wait for the other end. */
	if (mkfifo(path, 0600) || (ends[0] = open(path, O_RDWR | O_CLOEXEC)) < 0 || (ends[1] = open(path, O_RDWR | O_CLOEXEC)) < 0)
		twin_fail("no named pipe");
	unlink(path);
	rmdir(folder);
}

static void prepare_pipe(void)
{
	open_named_pipe(there);
	open_named_pipe(back);
	start_peer(answer_bytes, run_bytes);
}

static void clean_up_pipe(void)
{
	end_peer();
	for (int i = 0; i < 2; i++) {
		close(there[i]);
		close(back[i]);
	}
}

/* To join: as many descriptors of memory sent, received, mapped, unmapped and closed. */

static int memory[DESCRIPTORS];
static int pair[2];

static void prepare_join(void)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		twin_fail("no socket");
	for (int i = 0; i < DESCRIPTORS; i++) {
		memory[i] = memfd_create("twin", MFD_CLOEXEC | MFD_ALLOW_SEALING);
		if (memory[i] < 0 || ftruncate(memory[i], BUFFER_BYTES))
			twin_fail("no memory file");
	}
}

static void join_once(void)
{
	int received[DESCRIPTORS];
	char bytes[24] = "";
	union {
		char space[CMSG_SPACE(sizeof(memory))];
		struct cmsghdr aligned;
	} control = { .space = "" };
	struct iovec part = { bytes, sizeof(bytes) };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };
	struct cmsghdr *rights = CMSG_FIRSTHDR(&header);

	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(sizeof(memory));
	memcpy(CMSG_DATA(rights), memory, sizeof(memory));
	if (sendmsg(pair[0], &header, 0) != sizeof(bytes) || recvmsg(pair[1], &header, MSG_CMSG_CLOEXEC) != sizeof(bytes))
		twin_fail("descriptors were not passed");
	memcpy(received, CMSG_DATA(CMSG_FIRSTHDR(&header)), sizeof(received));
	for (int i = 0; i < DESCRIPTORS; i++) {
		struct stat status;

		if (fcntl(received[i], F_GET_SEALS) < 0 || fstat(received[i], &status))
			twin_fail("a descriptor was not looked at");
		void *mapped = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, received[i], 0);

		if (mapped == MAP_FAILED || munmap(mapped, (size_t)status.st_size) || close(received[i]))
			twin_fail("a descriptor was not mapped");
	}
}

static void run_join(uint64_t iterations)
{
	for (uint64_t i = 0; i < iterations; i++)
		join_once();
}

static void clean_up_join(void)
{
	for (int i = 0; i < DESCRIPTORS; i++)
		close(memory[i]);
	close(pair[0]);
	close(pair[1]);
}

const struct twin_case sharing_cases[] = {
	{ "line-ping-pong", prepare_line, run_line, clean_up_word },
	{ "futex-ping-pong", prepare_futex, run_futex, clean_up_word },
	{ "eventfd-ping-pong", prepare_eventfd, run_bytes, clean_up_eventfd },
	{ "socket-ping-pong", prepare_socket, run_bytes, clean_up_socket },
	{ "pipe-ping-pong", prepare_pipe, run_bytes, clean_up_pipe },
	{ "join-descriptors", prepare_join, run_join, clean_up_join },
};
const size_t sharing_case_count = sizeof(sharing_cases) / sizeof(sharing_cases[0]);
