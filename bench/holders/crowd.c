// crowd COUNT: so many children that hold ten descriptors each, two of them of one memory file. Prints a line when all are there; all end when standard input does.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int count, char **arguments)
{
    int children = count > 1 ? atoi(arguments[1]) : 0;
    int memory = memfd_create("crowd", 0);
    if (memory < 0 || ftruncate(memory, 4096) != 0 || dup(memory) < 0)
        return 1;
    for (int others = 0; others < 5; others++)
        if (open("/dev/null", O_RDONLY) < 0)
            return 1;

    int made = 0;
    char end;
    while (made < children) {
        pid_t child = fork();
        if (child == 0) {
            while (read(0, &end, 1) > 0)
                ;
            _exit(0);
        }
        if (child < 0)
            break;
        made++;
    }

    printf("%d\n", made);
    fflush(stdout);
    while (read(0, &end, 1) > 0)
        ;
    while (wait(NULL) > 0)
        ;
    return made == children ? 0 : 1;
}
