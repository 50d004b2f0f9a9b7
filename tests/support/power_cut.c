/*
 * Simulates a power cut: a library to preload into the server. Each sync of a file in the folder
 * POWER_CUT_FROM copies that file to the folder POWER_CUT_TO, and a removed or renamed file is
 * removed or renamed there as well. So that folder has what a disk would have that loses everything
 * that was not synced.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The path of a file of the folder in the other one; 0 for all other files. */
static int durable(const char *path, char *other)
{
    const char *from = getenv("POWER_CUT_FROM"), *to = getenv("POWER_CUT_TO");
    size_t length = from ? strlen(from) : 0;
    if (!length || !to || strncmp(path, from, length) || path[length] != '/')
        return 0;
    return snprintf(other, PATH_MAX, "%s%s", to, path + length) < PATH_MAX;
}

static void keep(int fd)
{
    char link[64], path[PATH_MAX], other[PATH_MAX], fresh[PATH_MAX + 8];
    struct stat file;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0 || fstat(fd, &file) || !S_ISREG(file.st_mode))
        return;
    path[length] = 0;
    if (!durable(path, other))
        return;
    snprintf(fresh, sizeof fresh, "%s.fresh", other);
    int in = open(path, O_RDONLY), out = open(fresh, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    while (in >= 0 && out >= 0 && sendfile(out, in, NULL, 1 << 20) > 0)
        ;
    close(in);
    close(out);
    syscall(SYS_rename, fresh, other);
}

int fsync(int fd)
{
    int result = syscall(SYS_fsync, fd);
    if (!result)
        keep(fd);
    return result;
}

int fdatasync(int fd)
{
    return fsync(fd);
}

int unlink(const char *path)
{
    char other[PATH_MAX];
    if (durable(path, other))
        syscall(SYS_unlink, other);
    return syscall(SYS_unlink, path);
}

int rename(const char *path, const char *name)
{
    char other[PATH_MAX], renamed[PATH_MAX];
    if (durable(path, other) && durable(name, renamed))
        syscall(SYS_rename, other, renamed);
    return syscall(SYS_rename, path, name);
}
