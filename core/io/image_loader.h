/* Many images, decoded and fitted by threads of their own while the caller does something else. */
#ifndef CIRCLET_IO_IMAGE_LOADER_H
#define CIRCLET_IO_IMAGE_LOADER_H

#include "io/image_fit.h"
#include "io/zip.h"
#include "tensor/tensor.h"

/* Where images are: files, or files of an archive, which stays mapped. Nothing in it changes once
 * it is made, so threads share it. */
typedef struct ct_image_list ct_image_list;

/* Images in the files path[0..count); or, with an archive, in its files number index[0..count)
 * (from 0, in the order of ct_zip_list). The other array is NULL. One reference is the caller's. */
ct_status ct_image_list_new(ct_image_list **out, const char *archive, int64_t count,
                            const char *const *path, const int64_t *index, ct_error *error);
void ct_image_list_release(ct_image_list *list); /* NULL is allowed */

typedef struct ct_loader ct_loader;

/* A loader with `threads` of its own (1 or more), and a reference to the list. */
ct_status ct_loader_new(ct_loader **out, ct_image_list *list, const ct_image_plan *plan,
                        int threads, ct_error *error);
void ct_loader_free(ct_loader *loader); /* ends its threads; NULL is allowed */

/* Asks for images row[0..n), each in [0, count of the list); with `vary` image i is varied by draw
 * first_draw + i. Returns before they are loaded. The memory for them is taken here. */
ct_status ct_loader_request(ct_loader *loader, const int64_t *row, int64_t n, bool vary,
                            uint64_t first_draw, ct_error *error);

int64_t ct_loader_pending(const ct_loader *loader); /* requests not taken yet */

/* What became of a request: images [n, channels, height, width], a Byte tensor, zeros where an
 * image could not be loaded, and why for each (code CT_OK where it was). ct_loaded_release ends it.
 */
typedef struct ct_loaded {
  ct_tensor images;
  int64_t n;
  ct_error *error; /* [n]; messages of files begin with the path, those of archives with the name */
} ct_loaded;
void ct_loaded_release(ct_loaded *loaded);

/* Waits for the oldest request and hands it over. CT_EINTERRUPTED after Ctrl-C: it stays, then;
 * CT_EINVALID when there is none. */
ct_status ct_loader_take(ct_loader *loader, ct_loaded *out, ct_error *error);

#endif
