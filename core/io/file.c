/* Reading and writing whole files.
 *
 * The writer keeps one invariant: the name `path` refers to complete contents at every moment, a
 * crash of the machine included. Hence the order: write a temporary file beside the target, fsync
 * it, rename it over the target, fsync the folder that holds the name. */
#include "io/file.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/memory.h"

void ct_bytes_free(ct_bytes *bytes) {
  ct_free(bytes->data);
  *bytes = (ct_bytes){0};
}

/* "cannot <verb> <path>: <reason>". A long path loses its beginning, never the reason. */
static ct_status fail_path(ct_error *error, const char *verb, const char *path, const char *why) {
  enum { SHOWN = 140 };
  size_t length = strlen(path);
  bool cut = length > SHOWN;
  return ct_fail(error, CT_EIO, "cannot %s %s%s: %s", verb, cut ? "..." : "",
                 cut ? path + length - SHOWN : path, why);
}

ct_status ct_file_refused(const char *verb, const char *path, int number, ct_error *error) {
  char why[96];
  if (strerror_r(number, why, sizeof why) != 0) snprintf(why, sizeof why, "error %d", number);
  return fail_path(error, verb, path, why);
}

static int open_retrying(const char *path, int flags, mode_t mode) {
  int fd;
  do {
    fd = open(path, flags | O_CLOEXEC, mode);
  } while (fd < 0 && errno == EINTR);
  return fd;
}

/* Reads to the end of `fd`. Room for one byte more than expected shows a file that grows. */
static ct_status read_all(int fd, const char *path, int64_t expected, int64_t limit, ct_bytes *out,
                          ct_error *error) {
  int64_t room = (expected < limit ? expected : limit) + 1;
  CT_TRY(ct_realloc(&out->data, room, 1, "file", error));
  for (;;) {
    ssize_t got = read(fd, out->data + out->size, (size_t)(room - out->size));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ct_file_refused("read", path, errno, error);
    if (got == 0) return CT_OK;
    out->size += got;
    if (out->size > limit) return fail_path(error, "read", path, "it is larger than allowed");
    if (out->size == room) {
      room = room < limit / 2 ? 2 * room : limit + 1;
      CT_TRY(ct_realloc(&out->data, room, 1, "file", error));
    }
  }
}

ct_status ct_file_read(const char *path, int64_t limit, ct_bytes *out, ct_error *error) {
  if (limit < 0 || limit == INT64_MAX)
    return ct_fail(error, CT_EINVALID, "the largest size of a file must be in 0..2^63-2");
  struct stat facts;
  ct_bytes bytes = {0};
  int fd = open_retrying(path, O_RDONLY, 0);
  if (fd < 0) return ct_file_refused("read", path, errno, error);
  ct_status status = CT_OK;
  if (fstat(fd, &facts) != 0)
    status = ct_file_refused("read", path, errno, error);
  else if (S_ISDIR(facts.st_mode))
    status = ct_file_refused("read", path, EISDIR, error);
  else
    status = read_all(fd, path, facts.st_size > 0 ? facts.st_size : 4096, limit, &bytes, error);
  close(fd);
  if (status != CT_OK) {
    ct_bytes_free(&bytes);
    return status;
  }
  *out = bytes;
  return CT_OK;
}

static ct_status write_all(int fd, const char *path, int64_t pieces, const ct_piece *piece,
                           ct_error *error) {
  enum { AT_ONCE = 1 << 30 }; /* write() takes no more than 2 GiB in one call */
  for (int64_t i = 0; i < pieces; i++) {
    const char *from = piece[i].data;
    int64_t left = piece[i].size;
    while (left > 0) {
      ssize_t put = write(fd, from, (size_t)(left < AT_ONCE ? left : AT_ONCE));
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return ct_file_refused("write", path, errno, error);
      from += put;
      left -= put;
    }
  }
  return CT_OK;
}

static ct_status write_in_place(const char *path, int64_t pieces, const ct_piece *piece,
                                ct_error *error) {
  int fd = open_retrying(path, O_WRONLY, 0);
  if (fd < 0) return ct_file_refused("write", path, errno, error);
  ct_status status = write_all(fd, path, pieces, piece, error);
  if (close(fd) != 0 && status == CT_OK) status = ct_file_refused("write", path, errno, error);
  return status;
}

/* Creates a file beside `path` under a name that nobody uses; *name is the caller's to free. */
static ct_status create_beside(const char *path, mode_t mode, int *fd, char **name,
                               ct_error *error) {
  static _Atomic unsigned counter;
  enum { TRIES = 1000, SUFFIX = 48 };
  int64_t room = (int64_t)strlen(path) + SUFFIX;
  char *buffer = NULL;
  CT_TRY(ct_alloc(&buffer, room, 1, "file name", error));
  for (int i = 0; i < TRIES; i++) {
    unsigned number = atomic_fetch_add(&counter, 1);
    snprintf(buffer, (size_t)room, "%s.%ld-%u.tmp", path, (long)getpid(), number);
    *fd = open_retrying(buffer, O_WRONLY | O_CREAT | O_EXCL, mode);
    if (*fd >= 0 || errno != EEXIST) break;
  }
  if (*fd < 0) {
    int number = errno;
    ct_free(buffer);
    return ct_file_refused("write", path, number, error);
  }
  *name = buffer;
  return CT_OK;
}

/* Opens the folder that holds the name, to sync it later. -1 for one that may not be listed. */
static ct_status open_folder(const char *path, int *fd, ct_error *error) {
  char *folder = NULL;
  const char *slash = strrchr(path, '/');
  int64_t length = slash ? slash - path + 1 : 0;
  CT_TRY(ct_alloc(&folder, length + 2, 1, "file name", error));
  memcpy(folder, length ? path : ".", length ? (size_t)length : 1);
  folder[length ? length : 1] = '\0';
  *fd = open_retrying(folder, O_RDONLY | O_DIRECTORY, 0);
  ct_free(folder);
  return CT_OK;
}

/* Makes the new name durable. Some file systems cannot sync folders and say so: that is no failure.
 */
static ct_status sync_folder(int fd, const char *path, ct_error *error) {
  if (fd < 0 || fsync(fd) == 0 || errno == EINVAL || errno == ENOTSUP || errno == EROFS)
    return CT_OK;
  return ct_file_refused("write", path, errno, error);
}

static ct_status replace_in(int folder, const char *path, const struct stat *old, int64_t pieces,
                            const ct_piece *piece, ct_error *error) {
  int fd = -1;
  char *name = NULL;
  CT_TRY(create_beside(path, old ? 0600 : 0666, &fd, &name, error));
  ct_status status = write_all(fd, path, pieces, piece, error);
  if (status == CT_OK && old && fchmod(fd, old->st_mode & 07777) != 0)
    status = ct_file_refused("write", path, errno, error);
  if (status == CT_OK && fsync(fd) != 0) status = ct_file_refused("write", path, errno, error);
  if (close(fd) != 0 && status == CT_OK) status = ct_file_refused("write", path, errno, error);
  if (status == CT_OK && rename(name, path) != 0)
    status = ct_file_refused("write", path, errno, error);
  if (status != CT_OK) unlink(name);
  ct_free(name);
  return status == CT_OK ? sync_folder(folder, path, error) : status;
}

static ct_status replace(const char *path, const struct stat *old, int64_t pieces,
                         const ct_piece *piece, ct_error *error) {
  int folder = -1;
  CT_TRY(open_folder(path, &folder, error));
  ct_status status = replace_in(folder, path, old, pieces, piece, error);
  if (folder >= 0) close(folder);
  return status;
}

ct_status ct_file_write(const char *path, int64_t pieces, const ct_piece *piece, ct_error *error) {
  struct stat facts;
  if (stat(path, &facts) != 0) {
    if (errno != ENOENT || !*path) return ct_file_refused("write", path, errno, error);
    return replace(path, NULL, pieces, piece, error);
  }
  if (S_ISDIR(facts.st_mode)) return ct_file_refused("write", path, EISDIR, error);
  if (!S_ISREG(facts.st_mode)) return write_in_place(path, pieces, piece, error);
  char *target = realpath(path, NULL); /* a symbolic link stays one */
  if (!target) return ct_file_refused("write", path, errno, error);
  ct_status status = replace(target, &facts, pieces, piece, error);
  free(target);
  return status;
}

/* The file appears with its content in one step, so that a process which is killed in between
 * leaves nothing: it is written without a name first and then linked. Returns 1, 0 when something
 * has that name, -1 where the file system does not know such files. */
static int create_whole(const char *path, ct_piece piece) {
#ifdef __O_TMPFILE /* O_TMPFILE has a name only where strerror_r is not POSIX's */
  char folder[PATH_MAX], name[40];
  const char *slash = strrchr(path, '/');
  size_t length = slash == path ? 1 : slash ? (size_t)(slash - path) : 1;
  if (length >= sizeof folder) return -1;
  memcpy(folder, slash ? path : ".", length);
  folder[length] = '\0';
  int fd = open_retrying(folder, O_WRONLY | __O_TMPFILE, 0666);
  if (fd < 0) return -1;
  snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
  int made = -1;
  if (write_all(fd, path, 1, &piece, NULL) == CT_OK) {
    if (linkat(AT_FDCWD, name, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0)
      made = 1;
    else if (errno == EEXIST)
      made = 0;
  }
  close(fd);
  return made;
#else
  (void)path, (void)piece;
  return -1;
#endif
}

ct_status ct_file_create(const char *path, ct_piece piece, bool *made, ct_error *error) {
  struct stat facts;
  if (lstat(path, &facts) == 0) {
    *made = false;
    return CT_OK;
  }
  int whole = create_whole(path, piece);
  if (whole >= 0) {
    *made = whole == 1;
    return CT_OK;
  }
  int fd = open_retrying(path, O_WRONLY | O_CREAT | O_EXCL, 0666);
  *made = fd >= 0;
  if (fd < 0) return errno == EEXIST ? CT_OK : ct_file_refused("make", path, errno, error);
  ct_status status = write_all(fd, path, 1, &piece, error);
  if (close(fd) != 0 && status == CT_OK) status = ct_file_refused("write", path, errno, error);
  if (status != CT_OK) {
    unlink(path);
    *made = false;
  }
  return status;
}
