/* Makes chosen system calls on chosen files fail. Loaded before the C library, which does the real work.

   FAIL_CALL   write, sync or open
   FAIL_FILE   part of the path of the files that count
   FAIL_FIRST  which call fails first, counted from 1
   FAIL_COUNT  how many fail from there on
   FAIL_ERRNO  what they say
*/
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int calls;

static int fails(const char *call, const char *path)
{
    const char *wanted = getenv("FAIL_CALL"), *file = getenv("FAIL_FILE");
    if (!wanted || !file || strcmp(wanted, call) || !strstr(path, file))
        return 0;
    int number = __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST), first = atoi(getenv("FAIL_FIRST"));
    if (number < first || number >= first + atoi(getenv("FAIL_COUNT")))
        return 0;
    errno = atoi(getenv("FAIL_ERRNO"));
    return 1;
}

static int fails_on(const char *call, int descriptor)
{
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    return fails(call, path);
}

#define REAL(type, name) ((type)dlsym(RTLD_NEXT, name))

ssize_t pwrite64(int descriptor, const void *data, size_t size, off64_t offset)
{
    if (fails_on("write", descriptor))
        return -1;
    return REAL(ssize_t (*)(int, const void *, size_t, off64_t), "pwrite64")(descriptor, data, size, offset);
}

ssize_t pwrite(int descriptor, const void *data, size_t size, off_t offset)
{
    if (fails_on("write", descriptor))
        return -1;
    return REAL(ssize_t (*)(int, const void *, size_t, off_t), "pwrite")(descriptor, data, size, offset);
}

int fsync(int descriptor)
{
    return fails_on("sync", descriptor) ? -1 : REAL(int (*)(int), "fsync")(descriptor);
}

int fdatasync(int descriptor)
{
    return fails_on("sync", descriptor) ? -1 : REAL(int (*)(int), "fdatasync")(descriptor);
}

#define OPEN(name)                                                                                                     \
    int name(const char *path, int flags, ...)                                                                         \
    {                                                                                                                  \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        int mode = flags & O_CREAT ? va_arg(rest, int) : 0;                                                            \
        va_end(rest);                                                                                                  \
        return fails("open", path) ? -1 : REAL(int (*)(const char *, int, int), #name)(path, flags, mode);             \
    }

OPEN(open)
OPEN(open64)
