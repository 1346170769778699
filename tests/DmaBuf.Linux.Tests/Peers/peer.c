// A peer that shares no code with the library: connects to a path, and passes or takes one memory file.
//   peer send PATH BYTES      sends a sealed memory file filled with 0x5a, then waits for an answer; exit 0 if it is "ok"
//   peer receive PATH BYTES   receives a memory file, checks it and that it cannot be changed; answers "ok" or what was wrong
//   peer buffer PATH BYTES    receives a dma-buf, checks it, turns each byte around and answers "ok" or what was wrong
//   peer hold PATH            receives a descriptor and answers "held", then waits to be killed
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/dma-buf.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int link_to(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        perror("connect");
        exit(2);
    }
    return fd;
}

static void send_descriptor(int channel, int fd)
{
    union { char bytes[CMSG_SPACE(sizeof(int))]; struct cmsghdr align; } control = { 0 };
    struct iovec part = { "memory", 6 };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(head), &fd, sizeof fd);
    if (sendmsg(channel, &message, MSG_NOSIGNAL) != 6) {
        perror("sendmsg");
        exit(2);
    }
}

static int receive_descriptor(int channel)
{
    union { char bytes[CMSG_SPACE(sizeof(int))]; struct cmsghdr align; } control = { 0 };
    char text[64];
    struct iovec part = { text, sizeof text };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
    int fd = -1;
    if (recvmsg(channel, &message, MSG_CMSG_CLOEXEC) <= 0 || (message.msg_flags & MSG_CTRUNC))
        return -1;
    for (struct cmsghdr *head = CMSG_FIRSTHDR(&message); head; head = CMSG_NXTHDR(&message, head))
        if (head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS)
            memcpy(&fd, CMSG_DATA(head), sizeof fd);
    return fd;
}

static const char *examine(int fd, size_t length)
{
    struct stat status;
    if (fd < 0)
        return "no descriptor";
    if (fstat(fd, &status) != 0 || (size_t)status.st_size != length)
        return "another length";
    if (ftruncate(fd, 0) == 0 || errno != EPERM)
        return "it can be truncated";
    if (mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) != MAP_FAILED)
        return "it can be mapped for writing";
    unsigned char *bytes = mmap(NULL, length, PROT_READ, MAP_SHARED, fd, 0);
    if (bytes == MAP_FAILED)
        return "it cannot be mapped";
    for (size_t at = 0; at < length; at++)
        if (bytes[at] != (unsigned char)(at * 7))
            return "other bytes";
    return "ok";
}

static const char *turn_around(int fd, size_t length)
{
    struct dma_buf_sync start = { DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW }, end = { DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW };
    unsigned char *bytes = fd < 0 ? MAP_FAILED : mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (bytes == MAP_FAILED)
        return "it cannot be mapped";
    if (ioctl(fd, DMA_BUF_IOCTL_SYNC, &start) != 0)
        return "it cannot be synchronised";
    for (size_t at = 0; at < length; at++) {
        if (bytes[at] != (unsigned char)(at * 7))
            return "other bytes";
        bytes[at] = (unsigned char)~bytes[at];
    }
    return ioctl(fd, DMA_BUF_IOCTL_SYNC, &end) == 0 ? "ok" : "it cannot be synchronised";
}

int main(int count, char **arguments)
{
    if (count < 3)
        return 2;
    int channel = link_to(arguments[2]);
    size_t length = count > 3 ? strtoul(arguments[3], NULL, 10) : 0;
    char answer[64] = { 0 };

    if (strcmp(arguments[1], "send") == 0) {
        int fd = memfd_create("dmabuf-test peer", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        char *bytes;
        if (fd < 0 || fallocate(fd, 0, 0, (off_t)length) != 0)
            return 2;
        bytes = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        memset(bytes, 0x5a, length);
        munmap(bytes, length);
        if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0)
            return 2;
        send_descriptor(channel, fd);
        return recv(channel, answer, sizeof answer, 0) > 0 && strcmp(answer, "ok") == 0 ? 0 : 1;
    }
    int fd = receive_descriptor(channel);
    const char *said = strcmp(arguments[1], "hold") == 0 ? (fd < 0 ? "no descriptor" : "held")
        : strcmp(arguments[1], "buffer") == 0 ? turn_around(fd, length) : examine(fd, length);
    if (send(channel, said, strlen(said), MSG_NOSIGNAL) < 0)
        return 2;
    if (strcmp(arguments[1], "hold") == 0)
        for (;;)
            pause();
    return strcmp(said, "ok") == 0 ? 0 : 1;
}
