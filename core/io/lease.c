/* Three states under one mutex: NONE, KEPT (between visits) and TAKEN (within one). The thread,
 * made when a lock is kept for the first time, gives a lock back in the state KEPT alone; while
 * there is one it looks every `linger`, so that a visit costs no more than the mutex.
 *
 * Invariants: the lock file that is removed holds the text which the owner wrote into it, so a lock
 * that another process has taken meanwhile stays; the file is closed before the lock is given back,
 * as on NFS that is what shows its lines to other machines; at exit() nothing stays kept. */
#include "io/lease.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/memory.h"
#include "io/file.h"

enum { LONGEST_TEXT = 127 };

struct ct_lease {
  pthread_mutex_t mutex;
  pthread_cond_t begun; /* a lock is kept, or the thread shall end */
  pthread_t thread;
  bool running, ending;
  enum { NONE, KEPT, TAKEN } state;
  bool over;               /* the last lock was kept for as long as allowed */
  int64_t linger, longest; /* ns */
  int64_t since, last;     /* when this lock was first kept, and when it was last */
  int file;
  char text[LONGEST_TEXT + 1];
  char *path, *lock, *away; /* in one block; `away` has room for a suffix */
  ct_lease *next, **link;   /* in the list of all, see at_exit() */
};

static pthread_mutex_t list_mutex = PTHREAD_MUTEX_INITIALIZER;
static ct_lease *list;

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Whether the lock file holds our text. */
static bool is_ours(const ct_lease *lease) {
  char text[LONGEST_TEXT + 1];
  int file = open(lease->lock, O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  ssize_t size = read(file, text, sizeof text);
  close(file);
  return size >= 0 && (size_t)size == strlen(lease->text) &&
         memcmp(text, lease->text, (size_t)size) == 0;
}

/* With the mutex, in the state KEPT or TAKEN. Moved away before it is removed, as Lock.lua does: a
 * second remover then has nothing left to remove. */
static ct_lease_end give_back(ct_lease *lease) {
  close(lease->file);
  lease->state = NONE;
  if (!is_ours(lease) || rename(lease->lock, lease->away) != 0) return CT_LEASE_LOST;
  unlink(lease->away);
  return CT_LEASE_GIVEN;
}

static void *look_after(void *argument) {
  ct_lease *lease = argument;
  pthread_mutex_lock(&lease->mutex);
  while (!lease->ending) {
    if (lease->state == NONE) {
      pthread_cond_wait(&lease->begun, &lease->mutex);
      continue;
    }
    int64_t at = now(), due = at + lease->linger;
    if (lease->state == KEPT) {
      int64_t end = lease->since + lease->longest;
      due = lease->last + lease->linger < end ? lease->last + lease->linger : end;
      if (at >= due) {
        lease->over = at >= end;
        give_back(lease);
        continue;
      }
    }
    struct timespec until = {due / 1000000000, due % 1000000000};
    pthread_cond_timedwait(&lease->begun, &lease->mutex, &until);
  }
  pthread_mutex_unlock(&lease->mutex);
  return NULL;
}

/* A script may end by os.exit(), which ends no Lua state: what is kept is given back all the same.
 */
static void at_exit(void) {
  pthread_mutex_lock(&list_mutex);
  for (ct_lease *lease = list; lease; lease = lease->next) {
    pthread_mutex_lock(&lease->mutex);
    if (lease->state == KEPT) give_back(lease);
    pthread_mutex_unlock(&lease->mutex);
  }
  pthread_mutex_unlock(&list_mutex);
}

static void register_exit(void) { atexit(at_exit); }

static void enlist(ct_lease *lease) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, register_exit);
  pthread_mutex_lock(&list_mutex);
  lease->next = list;
  lease->link = &list;
  if (list) list->link = &lease->next;
  list = lease;
  pthread_mutex_unlock(&list_mutex);
}

static void delist(ct_lease *lease) {
  pthread_mutex_lock(&list_mutex);
  *lease->link = lease->next;
  if (lease->next) lease->next->link = lease->link;
  pthread_mutex_unlock(&list_mutex);
}

/* The thread hears no signals: Ctrl-C belongs to the caller. */
static ct_status start(ct_lease *lease, ct_error *error) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int number = pthread_create(&lease->thread, NULL, look_after, lease);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (number) return ct_fail(error, CT_EIO, "cannot start a thread: %s", strerror(number));
  lease->running = true;
  return CT_OK;
}

ct_status ct_lease_new(ct_lease **out, const char *path, const char *lock, int64_t linger,
                       int64_t longest, ct_error *error) {
  enum { SUFFIX = 48 };
  ct_lease *lease = NULL;
  size_t path_size = strlen(path) + 1, lock_size = strlen(lock) + 1;
  char *names = NULL;
  CT_TRY(ct_alloc(&lease, 1, sizeof *lease, "lease", error));
  ct_status status =
      ct_alloc(&names, (int64_t)(path_size + 2 * lock_size) + SUFFIX, 1, "file name", error);
  if (status != CT_OK) {
    ct_free(lease);
    return status;
  }
  *lease = (ct_lease){.linger = linger, .longest = longest, .file = -1};
  lease->path = memcpy(names, path, path_size);
  lease->lock = memcpy(names + path_size, lock, lock_size);
  lease->away = names + path_size + lock_size;
  snprintf(lease->away, lock_size + SUFFIX, "%s.%ld-%lld.rename", lock, (long)getpid(),
           (long long)now());
  pthread_condattr_t monotonic;
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_cond_init(&lease->begun, &monotonic);
  pthread_condattr_destroy(&monotonic);
  pthread_mutex_init(&lease->mutex, NULL);
  enlist(lease);
  *out = lease;
  return CT_OK;
}

void ct_lease_free(ct_lease *lease) {
  if (!lease) return;
  pthread_mutex_lock(&lease->mutex);
  if (lease->state != NONE) give_back(lease);
  lease->ending = true;
  pthread_cond_signal(&lease->begun);
  pthread_mutex_unlock(&lease->mutex);
  if (lease->running) pthread_join(lease->thread, NULL);
  delist(lease);
  pthread_cond_destroy(&lease->begun);
  pthread_mutex_destroy(&lease->mutex);
  ct_free(lease->path);
  ct_free(lease);
}

/* With the mutex: the first time that this lock is kept. */
static ct_status begin(ct_lease *lease, const char *text, ct_error *error) {
  if (strlen(text) > LONGEST_TEXT)
    return ct_fail(error, CT_EINVALID, "a lock of at most %d bytes expected", LONGEST_TEXT);
  if (!lease->running) CT_TRY(start(lease, error));
  int file = open(lease->path, O_RDWR | O_APPEND | O_CLOEXEC);
  if (file < 0) return ct_file_refused("write", lease->path, errno, error);
  strcpy(lease->text, text);
  lease->file = file;
  lease->since = now();
  pthread_cond_signal(&lease->begun);
  return CT_OK;
}

ct_status ct_lease_keep(ct_lease *lease, const char *text, ct_error *error) {
  pthread_mutex_lock(&lease->mutex);
  ct_status status = lease->state == NONE ? begin(lease, text, error) : CT_OK;
  if (status == CT_OK) {
    lease->state = KEPT;
    lease->last = now();
  }
  pthread_mutex_unlock(&lease->mutex);
  return status;
}

int ct_lease_take(ct_lease *lease, bool *over) {
  int file = -1;
  pthread_mutex_lock(&lease->mutex);
  if (lease->state == KEPT) {
    lease->over = now() - lease->since >= lease->longest;
    if (lease->over) {
      give_back(lease);
    } else {
      lease->state = TAKEN;
      file = lease->file;
    }
  }
  *over = lease->over;
  lease->over = false;
  pthread_mutex_unlock(&lease->mutex);
  return file;
}

ct_lease_end ct_lease_give(ct_lease *lease) {
  pthread_mutex_lock(&lease->mutex);
  ct_lease_end end = lease->state == NONE ? CT_LEASE_NONE : give_back(lease);
  pthread_mutex_unlock(&lease->mutex);
  return end;
}
