/* Allocates a page-sized buffer of the system heap for every byte that it reads, and answers each with a dot. */
#include <fcntl.h>
#include <linux/dma-heap.h>
#include <sys/ioctl.h>
#include <unistd.h>

int main(void)
{
    char byte;
    int heap = open("/dev/dma_heap/system", O_RDWR | O_CLOEXEC);
    while (read(0, &byte, 1) == 1) {
        struct dma_heap_allocation_data data = { .len = 4096, .fd_flags = O_RDWR | O_CLOEXEC };
        if (ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &data) != 0)
            return 1;
        if (write(1, ".", 1) != 1)
            return 1;
    }
    return 0;
}
