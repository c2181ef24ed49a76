/* mmap with the messages of file.c. An empty file, which cannot be mapped, is no bytes at an
 * address that is not NULL. */
#include "io/mapping.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "io/file.h"

static char nothing[64];

ct_status ct_file_map(const char *path, ct_mapping *out, ct_error *error) {
  struct stat facts;
  int fd = open(path, O_RDONLY | O_CLOEXEC), number = errno;
  if (fd < 0) return ct_file_refused("read", path, number, error);
  if (fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode)) {
    number = S_ISDIR(facts.st_mode) ? EISDIR : ENODEV; /* a device or a pipe */
    close(fd);
    return ct_file_refused("map", path, number, error);
  }
  void *data = nothing;
  if (facts.st_size > 0)
    data = mmap(NULL, (size_t)facts.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  number = errno;
  close(fd);
  if (data == MAP_FAILED) return ct_file_refused("map", path, number, error);
  *out = (ct_mapping){data, facts.st_size};
  return CT_OK;
}

void ct_file_unmap(ct_mapping *mapping) {
  if (mapping->size > 0) munmap(mapping->data, (size_t)mapping->size);
  *mapping = (ct_mapping){0};
}
