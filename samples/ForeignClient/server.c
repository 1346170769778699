/* The other side of docs/protocol.md and docs/channels.md in C, with no library: for one client each, which may be in any language.
 *
 *   server ADDRESS export SIZE BYTE      shares a buffer "frame" of SIZE bytes that are all BYTE, for reading, until the client goes
 *   server ADDRESS publish COUNT SIZE    publishes COUNT frames of SIZE bytes (a multiple of 8) over a channel with 4 buffers; word i of frame n is n * 2^32 + i
 *   server ADDRESS die COUNT SIZE        the same, but kills itself after the last frame instead of closing the channel
 *
 * Says "listening" when a client may connect. Exit code 0: the client came, and everything went as it should. ADDRESS is a path or @name. Little endian Linux only.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

static void fail(const char *what) { fprintf(stderr, "server: %s (%s)\n", what, strerror(errno)); exit(1); }

/* --- the socket ----------------------------------------------------------------------------------- */

static int accept_one(const char *address)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    size_t length = strlen(address);
    if (length >= sizeof at.sun_path) fail("the address is too long");
    memcpy(at.sun_path, address, length);
    if (address[0] == '@') at.sun_path[0] = 0;
    int s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (s < 0 || bind(s, (struct sockaddr *)&at, offsetof(struct sockaddr_un, sun_path) + length + (address[0] != '@')) < 0 || listen(s, 1) < 0) fail("listen");
    printf("listening\n");
    fflush(stdout);
    int client = accept4(s, NULL, NULL, SOCK_CLOEXEC);
    if (client < 0) fail("accept");
    close(s);
    if (address[0] != '@') unlink(address);
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || peer.uid != geteuid()) fail("a client of another user");
    return client;
}

static void send_with(int s, const void *bytes, size_t length, const int *descriptors, int count)
{
    union { char bytes[CMSG_SPACE(16 * sizeof(int))]; struct cmsghdr align; } control = { { 0 } };
    struct iovec part = { (void *)bytes, length };
    struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };
    if (count > 0) {
        header.msg_control = control.bytes;
        header.msg_controllen = CMSG_SPACE(count * sizeof(int));
        struct cmsghdr *c = CMSG_FIRSTHDR(&header);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(c), descriptors, count * sizeof(int));
    }
    if (sendmsg(s, &header, MSG_NOSIGNAL) != (ssize_t)length) fail("send");
}

/* --- memory: its blocks reserved, so that no reader dies for want of one; mapped first, sealed then, so that nobody else can write -- */

static uint8_t *memory(const char *name, size_t size, int seals, int *descriptor)
{
    *descriptor = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (*descriptor < 0 || fallocate(*descriptor, 0, 0, size) < 0) fail("memfd");
    uint8_t *mapped = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, *descriptor, 0);
    if (mapped == MAP_FAILED || fcntl(*descriptor, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL | seals) < 0) fail("mapping and sealing");
    return mapped;
}

static void put32(uint8_t *at, uint32_t value) { memcpy(at, &value, 4); }
static void put64(uint8_t *at, uint64_t value) { memcpy(at, &value, 8); }

/* --- exporting: hello, attach, and then only the end ------------------------------------------------- */

enum { HELLO = 1, WELCOME = 2, ATTACH = 5, ATTACHED = 6, REFUSED = 7, DETACH = 8, MEMORY = 9 };

struct message { uint8_t bytes[256]; size_t length; };

static void head(struct message *m, int major, uint64_t n)
{
    uint8_t *at = m->bytes + m->length;
    if (n < 24) { at[0] = major << 5 | n; m->length += 1; }
    else if (n < 256) { at[0] = major << 5 | 24; at[1] = n; m->length += 2; }
    else { at[0] = major << 5 | 26; for (int i = 0; i < 4; i++) at[1 + i] = n >> (24 - 8 * i); m->length += 5; }
}

static void begin(struct message *m, int kind, int descriptors, const uint8_t *request, int entries)
{
    memset(m->bytes, 0, 8);
    m->bytes[0] = kind;
    m->bytes[2] = descriptors;
    if (request) memcpy(m->bytes + 4, request + 4, 4);
    m->length = 8;
    head(m, 5, entries);
}

static void number(struct message *m, int key, uint64_t n) { head(m, 0, key); head(m, 0, n); }

static void bytes(struct message *m, int major, int key, const char *s)
{
    head(m, 0, key);
    head(m, major, strlen(s));
    memcpy(m->bytes + m->length, s, strlen(s));
    m->length += strlen(s);
}

static int export(int s, size_t size, int byte)
{
    static uint8_t request[65536];
    struct message m;
    int descriptor, greeted = 0, sent = 0;
    memset(memory("frame", size, F_SEAL_FUTURE_WRITE, &descriptor), byte, size);
    for (ssize_t length; (length = recv(s, request, sizeof request, 0)) > 0;) {
        int kind = request[0] | request[1] << 8;
        if (length < 9) fail("a message without a head");
        if (kind == HELLO && !greeted) {
            greeted = 1;
            begin(&m, WELCOME, 0, request, 1);
            number(&m, 1, 1);
            send_with(s, m.bytes, m.length, NULL, 0);
        } else if (kind == ATTACH && greeted) {
            /* A server with one buffer and one type may take the request for what it is: the client says Cpu first, for reading. */
            if (!memmem(request, length, "frame", 5) || !memmem(request, length, "Cpu", 3) || !memmem(request, length, "Read", 4)) {
                begin(&m, REFUSED, 0, request, 2);
                number(&m, 1, ENOENT);
                bytes(&m, 3, 2, "only 'frame' is here, for the CPU to read");
                send_with(s, m.bytes, m.length, NULL, 0);
                continue;
            }
            if (!sent) {
                begin(&m, MEMORY, 1, NULL, 4);
                bytes(&m, 3, 1, "frame");
                number(&m, 2, 1);
                number(&m, 3, size);
                number(&m, 4, 1);
                send_with(s, m.bytes, m.length, &descriptor, 1);
                sent = 1;
            }
            begin(&m, ATTACHED, 0, request, 6);
            number(&m, 1, 0);
            number(&m, 2, 0);
            number(&m, 3, size);
            bytes(&m, 3, 4, "c program");
            bytes(&m, 2, 5, "\1");
            number(&m, 6, 1);
            send_with(s, m.bytes, m.length, NULL, 0);
        } else if (kind != DETACH) {
            fail("a message that is not due");
        } else {
            sent = 0; /* the client lets go of the memory with its last attachment */
        }
    }
    return greeted ? 0 : 1;
}

/* --- publishing -------------------------------------------------------------------------------------- */

enum { BUFFERS = 4, SLOTS = 4, STRIDE = 64 };

static void futex_wake(uint8_t *word) { syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0); }

/* Waits until the subscriber has released the delivery; a millisecond at a time, so that its death is seen. */
static void wait_released(int s, uint8_t *answers, int buffer, uint64_t delivery)
{
    uint64_t *released = (uint64_t *)(answers + 192 + 8 * buffer);
    uint32_t *wanted = (uint32_t *)(answers + 128);
    while (__atomic_load_n(released, __ATOMIC_ACQUIRE) != delivery + 1) {
        __atomic_exchange_n(wanted, 1, __ATOMIC_SEQ_CST);
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        if (__atomic_load_n(released, __ATOMIC_ACQUIRE) == delivery + 1) break;
        struct timespec moment = { 0, 1000000 };
        syscall(SYS_futex, wanted, FUTEX_WAIT, 1, &moment, NULL, 0);
        struct pollfd end = { s, POLLIN, 0 };
        /* What it released before it went counts. */
        if (poll(&end, 1, 0) > 0 && __atomic_load_n(released, __ATOMIC_ACQUIRE) != delivery + 1) fail("the subscriber has gone");
    }
}

static int publish(int s, uint64_t count, size_t size, int dies)
{
    int d[3 + BUFFERS];
    uint8_t *board = memory("board", 64 + BUFFERS * STRIDE, F_SEAL_FUTURE_WRITE, &d[0]);
    uint8_t *queue = memory("queue", 128 + SLOTS * 64, F_SEAL_FUTURE_WRITE, &d[1]);
    uint8_t *answers = memory("answers", 192 + 8 * BUFFERS, 0, &d[2]);
    uint8_t *buffers[BUFFERS];
    for (int b = 0; b < BUFFERS; b++) buffers[b] = memory("buffer", size, F_SEAL_FUTURE_WRITE, &d[3 + b]);

    memcpy(board, "DMABUFCH", 8);
    put32(board + 8, 1);
    put32(board + 12, BUFFERS);
    put64(board + 16, size);
    put32(board + 24, SLOTS);
    put32(board + 32, STRIDE);
    memcpy(queue, "DMABUFQU", 8);
    put32(queue + 8, 1);
    uint8_t invitation[24] = "DMABUFCH";
    put32(invitation + 8, 1);
    put32(invitation + 16, BUFFERS);
    send_with(s, invitation, sizeof invitation, d, 3 + BUFFERS);

    for (uint64_t delivery = 0; delivery < count; delivery++) {
        int buffer = delivery % BUFFERS;
        if (delivery >= BUFFERS) wait_released(s, answers, buffer, delivery - BUFFERS);
        for (size_t i = 0; i < size / 8; i++) put64(buffers[buffer] + 8 * i, (delivery + 1) << 32 | i);

        uint8_t *slot = queue + 128 + delivery % SLOTS * 64;
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        put32(slot + 8, buffer);
        put32(slot + 12, 0);
        put64(slot + 16, delivery + 1);
        put64(slot + 24, size);
        put64(slot + 32, now.tv_sec * 1000000000ull + now.tv_nsec);
        put64(slot + 40, delivery * 7);
        __atomic_store_n((uint64_t *)slot, delivery + 1, __ATOMIC_RELEASE);
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        if (__atomic_load_n((uint32_t *)(answers + 64), __ATOMIC_RELAXED) && __atomic_exchange_n((uint32_t *)(answers + 64), 0, __ATOMIC_SEQ_CST)) futex_wake(answers + 64);
    }
    if (dies) raise(SIGKILL);

    __atomic_store_n((uint32_t *)(queue + 72), 1, __ATOMIC_RELEASE);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    __atomic_exchange_n((uint32_t *)(answers + 64), 0, __ATOMIC_SEQ_CST);
    futex_wake(answers + 64);
    for (uint64_t delivery = count > BUFFERS ? count - BUFFERS : 0; delivery < count; delivery++) wait_released(s, answers, delivery % BUFFERS, delivery);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 5) fail("usage: server ADDRESS export SIZE BYTE, or ADDRESS publish|die COUNT SIZE");
    unsigned long long first = strtoull(argv[3], NULL, 10), second = strtoull(argv[4], NULL, 10);
    int s = accept_one(argv[1]);
    return !strcmp(argv[2], "export") ? export(s, first, (int)second) : publish(s, first, second, !strcmp(argv[2], "die"));
}
