/* Files as memory, read by the system when they are touched. */
#ifndef CIRCLET_IO_MAPPING_H
#define CIRCLET_IO_MAPPING_H

#include <stdint.h>
#include "base/status.h"

/* Contents that may be written to, which changes this process's memory and not the file. Whoever
 * shortens the file meanwhile ends the process that reads behind its new end. */
typedef struct ct_mapping {
  void *data;
  int64_t size;
} ct_mapping;

ct_status ct_file_map(const char *path, ct_mapping *out, ct_error *error);
void ct_file_unmap(ct_mapping *mapping); /* leaves an empty one; an empty one is allowed */

#endif
