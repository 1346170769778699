/* A client of docs/protocol.md in C, with no library: says hello, attaches to a buffer with one request, gets the memory by descriptor, verifies every byte, and then does what it was told:
 *
 *   client ADDRESS BUFFER verify BYTE      reads only
 *   client ADDRESS BUFFER attack BYTE      also tries every way to write memory that it was given for reading; fails if one works
 *   client ADDRESS BUFFER hold BYTE        says "held" and keeps the memory until it is killed
 *
 * Exit code 0: as expected. ADDRESS is a path or @name. Only x86-64 and arm64 Linux (little endian) are considered.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { HELLO = 1, WELCOME = 2, ATTACH = 5, ATTACHED = 6, REFUSED = 7, MEMORY = 9, RECLAIM = 10, RELEASED = 11 };

struct message { uint8_t bytes[65536]; size_t length; };
struct value { int kind; uint64_t number; const uint8_t *text; size_t length; };

static void fail(const char *what) { fprintf(stderr, "client: %s (%s)\n", what, strerror(errno)); exit(1); }

/* --- writing: a header of 8 bytes, then CBOR with lengths of at most 16 bits ------------------------------------------------------------------------------------ */

static void head(struct message *m, int major, uint64_t n)
{
    uint8_t *at = m->bytes + m->length;
    if (n < 24) { at[0] = major << 5 | n; m->length += 1; }
    else if (n < 256) { at[0] = major << 5 | 24; at[1] = n; m->length += 2; }
    else { at[0] = major << 5 | 25; at[1] = n >> 8; at[2] = n; m->length += 3; }
}

static void begin(struct message *m, int kind, uint32_t request, int entries)
{
    memset(m->bytes, 0, 8);
    m->bytes[0] = kind;
    memcpy(m->bytes + 4, &request, 4);
    m->length = 8;
    head(m, 5, entries);
}

static void number(struct message *m, int key, uint64_t n) { head(m, 0, key); head(m, 0, n); }

static void text(struct message *m, int key, const char *s)
{
    head(m, 0, key);
    head(m, 3, strlen(s));
    memcpy(m->bytes + m->length, s, strlen(s));
    m->length += strlen(s);
}

/* --- reading: one map; numbers, texts and bytes are looked at, everything else is unknown ------------------------------------------------------------------------- */

static const uint8_t *item(const uint8_t *at, const uint8_t *end, int *major, uint64_t *n)
{
    if (at >= end) fail("a message ends too early");
    *major = *at >> 5;
    int more = (*at & 31) < 24 ? 0 : 1 << ((*at & 31) - 24);
    *n = *at++ & 31;
    if (more > 8 || end - at < more) fail("a number of a message is cut");
    if (more) for (*n = 0; more > 0; more--) *n = *n << 8 | *at++;
    return at;
}

static struct value find(const struct message *m, uint64_t key)
{
    const uint8_t *at = m->bytes + 8, *end = m->bytes + m->length;
    int major;
    uint64_t entries, n;
    at = item(at, end, &major, &entries);
    if (major != 5) fail("a message is no map");
    while (entries-- > 0) {
        at = item(at, end, &major, &n);
        int wanted = major == 0 && n == key;
        at = item(at, end, &major, &n);
        struct value v = { major, n, at, 0 };
        if (major == 2 || major == 3) {
            if ((uint64_t)(end - at) < n) fail("a text of a message is cut");
            v.length = n;
            at += n;
        } else if (major != 0) fail("a value of a kind that this client does not read");
        if (wanted) return v;
    }
    struct value none = { -1, 0, NULL, 0 };
    return none;
}

/* --- the socket --------------------------------------------------------------------------------------------------------------------------------------------------- */

static int connect_to(const char *address)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    size_t length = strlen(address);
    if (length >= sizeof to.sun_path) fail("the address is too long");
    memcpy(to.sun_path, address, length);
    if (address[0] == '@') to.sun_path[0] = 0;
    int s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (s < 0 || connect(s, (struct sockaddr *)&to, offsetof(struct sockaddr_un, sun_path) + length + (address[0] != '@')) < 0) fail("connect");
    return s;
}

static void send_message(int s, const struct message *m)
{
    if (send(s, m->bytes, m->length, MSG_NOSIGNAL) != (ssize_t)m->length) fail("send");
}

/* Returns the kind; *memory is replaced if a descriptor came. */
static int receive(int s, struct message *m, int *memory)
{
    union { char bytes[CMSG_SPACE(sizeof(int))]; struct cmsghdr align; } control;
    struct iovec part = { m->bytes, sizeof m->bytes };
    struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = CMSG_LEN(sizeof(int)) };
    ssize_t length = recvmsg(s, &header, MSG_CMSG_CLOEXEC);
    if (length <= 8 || header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) fail("receive");
    m->length = length;
    struct cmsghdr *c = CMSG_FIRSTHDR(&header);
    if (c && c->cmsg_type == SCM_RIGHTS) memcpy(memory, CMSG_DATA(c), sizeof(int));
    return m->bytes[0] | m->bytes[1] << 8;
}

/* --- what seals must stop ------------------------------------------------------------------------------------------------------------------------------------------ */

static void must_fail(int worked, const char *what)
{
    if (worked) { fprintf(stderr, "client: %s worked\n", what); exit(2); }
}

static void attack(int memory, size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", memory);
    int again = open(path, O_RDWR | O_CLOEXEC);
    for (int round = 0; round < 2; round++) {
        int fd = round == 0 ? memory : again;
        if (fd < 0) continue;
        must_fail(mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) != MAP_FAILED, "a writable mapping");
        must_fail(pwrite(fd, "x", 1, 0) > 0, "a write");
        must_fail(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, size) == 0, "punching a hole");
        must_fail(ftruncate(fd, size / 2) == 0, "shrinking");
        must_fail(ftruncate(fd, size * 2) == 0, "growing");
        must_fail(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW) == 0, "adding a seal");
        void *mapped = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
        if (mapped != MAP_FAILED) { /* kernels before 6.7 refuse even that where F_SEAL_WRITE is set */
            must_fail(mprotect(mapped, size, PROT_READ | PROT_WRITE) == 0, "making a mapping writable");
            must_fail(madvise(mapped, size, MADV_REMOVE) == 0, "removing pages");
            munmap(mapped, size);
        }
    }
}

int main(int argc, char **argv)
{
    if (argc != 5) fail("usage: client ADDRESS BUFFER verify|attack|hold BYTE");
    static struct message m;
    int s = connect_to(argv[1]), memory = -1, kind;
    uint8_t expected = atoi(argv[4]);

    begin(&m, HELLO, 1, 3);
    number(&m, 1, 1);
    number(&m, 2, 1);
    text(&m, 3, "foreign");
    send_message(s, &m);
    if (receive(s, &m, &memory) != WELCOME || find(&m, 1).number != 1) fail("no welcome");

    begin(&m, ATTACH, 2, 3);
    text(&m, 1, argv[2]);
    text(&m, 2, "c program");
    head(&m, 0, 3);
    head(&m, 4, 1);
    head(&m, 5, 5);
    text(&m, 1, "Cpu");
    number(&m, 2, 1);
    text(&m, 3, "Read");
    number(&m, 4, 7);
    text(&m, 5, "{\"access\":\"Read\"}");
    send_message(s, &m);
    while ((kind = receive(s, &m, &memory)) != ATTACHED) {
        if (kind != REFUSED) continue;
        struct value why = find(&m, 2);
        fprintf(stderr, "client: refused with errno %d: %.*s\n", (int)find(&m, 1).number, (int)why.length, why.text);
        return 3;
    }
    size_t size = find(&m, 3).number;
    if (memory < 0 || !(fcntl(memory, F_GET_SEALS) & F_SEAL_SHRINK)) fail("no memory that stays as long as it is");
    const uint8_t *bytes = mmap(NULL, size, PROT_READ, MAP_SHARED, memory, 0);
    if (bytes == MAP_FAILED) bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, memory, 0);
    if (bytes == MAP_FAILED) fail("mmap");
    for (size_t at = 0; at < size; at++) if (bytes[at] != expected) fail("a byte is not what it should be");

    if (!strcmp(argv[3], "attack")) attack(memory, size);
    if (!strcmp(argv[3], "hold")) {
        printf("held\n");
        fflush(stdout);
        for (;;) pause();
    }
    return 0;
}
