/* A queue of requests. Each thread takes the next image of the oldest request that has one left, so
 * requests finish in order however slow one image is; results depend on rows and draws alone. Only
 * the fields of the queue change under the mutex; an image is written by the one thread that took
 * it. Threads hear no signals: Ctrl-C belongs to the caller. */
#include "io/image_loader.h"
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "base/interrupt.h"
#include "base/memory.h"
#include "io/mapping.h"

enum { LARGEST_FILE = 1 << 30, MOST_PIXELS = 1 << 27 };

/* Lists */

struct ct_image_list {
  _Atomic int64_t references;
  int64_t count;
  char **path; /* [count], in one block with the letters; NULL with an archive */
  ct_mapping archive;
  ct_zip_entry *entry; /* [count] */
};

void ct_image_list_release(ct_image_list *list) {
  if (!list || atomic_fetch_sub(&list->references, 1) != 1) return;
  ct_free(list->path);
  ct_free(list->entry);
  ct_file_unmap(&list->archive);
  ct_free(list);
}

static ct_status copy_paths(ct_image_list *list, const char *const *path, ct_error *error) {
  int64_t bytes = list->count * (int64_t)sizeof(char *);
  for (int64_t i = 0; i < list->count; i++) bytes += (int64_t)strlen(path[i]) + 1;
  CT_TRY(ct_alloc(&list->path, bytes, 1, "paths", error));
  char *at = (char *)(list->path + list->count);
  for (int64_t i = 0; i < list->count; i++) {
    size_t length = strlen(path[i]) + 1;
    list->path[i] = memcpy(at, path[i], length);
    at += length;
  }
  return CT_OK;
}

static ct_status pick_entries(ct_image_list *list, const char *archive, const int64_t *index,
                              ct_error *error) {
  ct_zip_entry *all = NULL;
  int64_t count;
  CT_TRY(ct_file_map(archive, &list->archive, error));
  CT_TRY(ct_zip_list(list->archive.data, list->archive.size, &all, &count, error));
  ct_status status = ct_alloc(&list->entry, list->count, sizeof *list->entry, "archive", error);
  for (int64_t i = 0; status == CT_OK && i < list->count; i++) {
    if (index[i] < 0 || index[i] >= count)
      status = ct_fail(error, CT_EINVALID, "the archive has %lld files, there is no file %lld",
                       (long long)count, (long long)index[i] + 1);
    else
      list->entry[i] = all[index[i]];
  }
  ct_free(all);
  return status;
}

ct_status ct_image_list_new(ct_image_list **out, const char *archive, int64_t count,
                            const char *const *path, const int64_t *index, ct_error *error) {
  ct_image_list *list = NULL;
  CT_TRY(ct_alloc(&list, 1, sizeof *list, "images", error));
  *list = (ct_image_list){.references = 1, .count = count};
  ct_status status =
      archive ? pick_entries(list, archive, index, error) : copy_paths(list, path, error);
  if (status != CT_OK) {
    ct_image_list_release(list);
    return status;
  }
  *out = list;
  return CT_OK;
}

static ct_status read_image(const ct_image_list *list, int64_t row, int channels, ct_image *out,
                            ct_error *error) {
  ct_bytes bytes = {0};
  if (list->path)
    CT_TRY(ct_file_read(list->path[row], LARGEST_FILE, &bytes, error));
  else
    CT_TRY(ct_zip_extract(list->archive.data, list->archive.size, &list->entry[row], LARGEST_FILE,
                          &bytes, error));
  ct_status status = ct_image_decode(bytes.data, bytes.size, channels, MOST_PIXELS, out, error);
  ct_bytes_free(&bytes);
  return status;
}

/* Puts the name of the file before a message about its contents; of a long one, its end. */
static void name_file(const ct_image_list *list, int64_t row, ct_error *error) {
  enum { SHOWN = 140 };
  const char *name = list->path ? list->path[row] : list->entry[row].name;
  int length = list->path ? (int)strlen(name) : (int)list->entry[row].name_length;
  bool cut = length > SHOWN;
  char why[sizeof error->message];
  memcpy(why, error->message, sizeof why);
  snprintf(error->message, sizeof error->message, "%s%.*s: %.100s", cut ? "..." : "",
           cut ? SHOWN : length, cut ? name + length - SHOWN : name, why);
}

/* Requests */

typedef struct request {
  struct request *next;
  ct_loaded result;
  int64_t *row; /* [n] */
  bool vary;
  uint64_t first_draw;
  int64_t begun, done;
} request;

struct ct_loader {
  pthread_mutex_t lock;
  pthread_cond_t work, ready;
  request *oldest;
  int64_t pending;
  bool stop;
  ct_image_list *list;
  ct_image_plan plan;
  int threads;
  pthread_t thread[];
};

void ct_loaded_release(ct_loaded *loaded) {
  ct_tensor_release(&loaded->images);
  ct_free(loaded->error);
  *loaded = (ct_loaded){0};
}

static void free_request(request *r) {
  ct_loaded_release(&r->result);
  ct_free(r->row);
  ct_free(r);
}

static ct_status load(const ct_loader *loader, const request *r, int64_t i, ct_error *error) {
  const ct_image_plan *plan = &loader->plan;
  int64_t row = r->row[i], bytes = plan->channels * plan->height * plan->width;
  ct_image image = {0};
  CT_TRY(read_image(loader->list, row, plan->channels, &image, error));
  ct_image_part part =
      r->vary ? ct_image_vary(plan, image.height, image.width, r->first_draw + (uint64_t)i)
              : ct_image_whole(plan, image.height, image.width);
  unsigned char *out = (unsigned char *)ct_tensor_data(&r->result.images) + i * bytes;
  ct_status status = ct_image_fit(out, &image, plan, &part, error);
  ct_image_release(&image);
  return status;
}

/* The oldest request that has an image left; NULL when none has. */
static request *next_of(ct_loader *loader) {
  request *r = loader->oldest;
  while (r && r->begun == r->result.n) r = r->next;
  return r;
}

static void *work(void *argument) {
  ct_loader *loader = argument;
  pthread_mutex_lock(&loader->lock);
  while (!loader->stop) {
    request *r = next_of(loader);
    if (!r) {
      pthread_cond_wait(&loader->work, &loader->lock);
      continue;
    }
    int64_t i = r->begun++;
    pthread_mutex_unlock(&loader->lock);
    ct_error *error = &r->result.error[i];
    ct_status status = load(loader, r, i, error);
    error->code = status;
    if (status == CT_EFORMAT) name_file(loader->list, r->row[i], error);
    pthread_mutex_lock(&loader->lock);
    if (++r->done == r->result.n) pthread_cond_signal(&loader->ready);
  }
  pthread_mutex_unlock(&loader->lock);
  return NULL;
}

/* Starts the threads; as many as the system grants, when that is one or more. */
static ct_status start(ct_loader *loader, int threads, ct_error *error) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  while (loader->threads < threads &&
         pthread_create(&loader->thread[loader->threads], NULL, work, loader) == 0)
    loader->threads++;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (loader->threads > 0) return CT_OK;
  return ct_fail(error, CT_ENOMEM, "not enough memory for a thread that loads images");
}

ct_status ct_loader_new(ct_loader **out, ct_image_list *list, const ct_image_plan *plan,
                        int threads, ct_error *error) {
  ct_loader *loader = NULL;
  CT_TRY(ct_alloc(&loader, (int64_t)sizeof *loader + threads * (int64_t)sizeof(pthread_t), 1,
                  "loader", error));
  *loader = (ct_loader){.list = list, .plan = *plan};
  atomic_fetch_add(&list->references, 1);
  pthread_mutex_init(&loader->lock, NULL);
  pthread_cond_init(&loader->work, NULL);
  pthread_cond_init(&loader->ready, NULL);
  ct_status status = start(loader, threads, error);
  if (status != CT_OK) {
    ct_loader_free(loader);
    return status;
  }
  *out = loader;
  return CT_OK;
}

void ct_loader_free(ct_loader *loader) {
  if (!loader) return;
  pthread_mutex_lock(&loader->lock);
  loader->stop = true;
  pthread_cond_broadcast(&loader->work);
  pthread_mutex_unlock(&loader->lock);
  for (int t = 0; t < loader->threads; t++) pthread_join(loader->thread[t], NULL);
  while (loader->oldest) {
    request *r = loader->oldest;
    loader->oldest = r->next;
    free_request(r);
  }
  pthread_cond_destroy(&loader->ready);
  pthread_cond_destroy(&loader->work);
  pthread_mutex_destroy(&loader->lock);
  ct_image_list_release(loader->list);
  ct_free(loader);
}

static ct_status make_request(request **out, const ct_loader *loader, int64_t n, ct_error *error) {
  const ct_image_plan *plan = &loader->plan;
  int64_t size[] = {n, plan->channels, plan->height, plan->width};
  request *r = NULL;
  CT_TRY(ct_alloc(&r, 1, sizeof *r, "images", error));
  *r = (request){.result = {.n = n}};
  ct_status status = ct_alloc(&r->row, n, sizeof *r->row, "images", error);
  if (status == CT_OK) status = ct_alloc(&r->result.error, n, sizeof(ct_error), "images", error);
  if (status == CT_OK) status = ct_tensor_new(&r->result.images, CT_BYTE, 4, size, error);
  if (status != CT_OK) {
    free_request(r);
    return status;
  }
  *out = r;
  return CT_OK;
}

ct_status ct_loader_request(ct_loader *loader, const int64_t *row, int64_t n, bool vary,
                            uint64_t first_draw, ct_error *error) {
  request *r = NULL, **last = &loader->oldest;
  for (int64_t i = 0; i < n; i++)
    if (row[i] < 0 || row[i] >= loader->list->count)
      return ct_fail(error, CT_EINVALID, "there are %lld images, there is no image %lld",
                     (long long)loader->list->count, (long long)row[i] + 1);
  CT_TRY(make_request(&r, loader, n, error));
  memcpy(r->row, row, (size_t)n * sizeof *row);
  memset(r->result.error, 0, (size_t)n * sizeof *r->result.error);
  r->vary = vary, r->first_draw = first_draw;
  pthread_mutex_lock(&loader->lock);
  while (*last) last = &(*last)->next;
  *last = r;
  loader->pending++;
  pthread_cond_broadcast(&loader->work);
  pthread_mutex_unlock(&loader->lock);
  return CT_OK;
}

int64_t ct_loader_pending(const ct_loader *loader) { return loader->pending; }

ct_status ct_loader_take(ct_loader *loader, ct_loaded *out, ct_error *error) {
  if (loader->pending == 0) return ct_fail(error, CT_EINVALID, "no images were asked for");
  pthread_mutex_lock(&loader->lock);
  request *r = loader->oldest;
  while (r->done < r->result.n && !ct_interrupted()) { /* a signal wakes nobody: look for it */
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 50000000;
    if (until.tv_nsec >= 1000000000) until.tv_nsec -= 1000000000, until.tv_sec++;
    pthread_cond_timedwait(&loader->ready, &loader->lock, &until);
  }
  bool whole = r->done == r->result.n;
  if (whole) loader->oldest = r->next, loader->pending--;
  pthread_mutex_unlock(&loader->lock);
  if (!whole) return ct_fail(error, CT_EINTERRUPTED, "interrupted");
  *out = r->result;
  r->result = (ct_loaded){0};
  free_request(r);
  return CT_OK;
}
