/* Loaded into a node before the C library: its wall clock is off, its disk is slow or fails. What is asked of it stands in a
 * file that the driver writes and every process of the node has mapped; see faults.rs. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

struct asked {
    int64_t clock_nanos;
    int64_t sync_delay_micros;
    int64_t sync_error;
};

static const struct asked nothing;
static const volatile struct asked *asked = &nothing;
static int (*real_clock_gettime)(clockid_t, struct timespec *);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);

__attribute__((constructor)) static void begin(void) {
    real_clock_gettime = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    real_fsync = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    const char *path = getenv("QUORATE_TEST_FAULTS");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0)
        return;
    void *page = mmap(NULL, sizeof(struct asked), PROT_READ, MAP_SHARED, file, 0);
    if (page != MAP_FAILED)
        asked = page;
    close(file);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    if (!real_clock_gettime)
        begin();
    int result = real_clock_gettime(clock, time);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        int64_t nanos = time->tv_nsec + asked->clock_nanos % 1000000000;
        time->tv_sec += asked->clock_nanos / 1000000000;
        if (nanos < 0) {
            nanos += 1000000000;
            time->tv_sec -= 1;
        } else if (nanos >= 1000000000) {
            nanos -= 1000000000;
            time->tv_sec += 1;
        }
        time->tv_nsec = nanos;
    }
    return result;
}

static int sync_with(int (*real)(int), int file) {
    /* In small steps, so that a disk that is quick again is so at once. */
    int64_t waited = 0;
    while (waited < asked->sync_delay_micros) {
        usleep(1000);
        waited += 1000;
    }
    if (asked->sync_error) {
        errno = (int)asked->sync_error;
        return -1;
    }
    return real(file);
}

int fsync(int file) { return sync_with(real_fsync, file); }

int fdatasync(int file) { return sync_with(real_fdatasync, file); }
