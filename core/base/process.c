/* Output, parent and Ctrl-C of this process; see process.h. All of it belongs to the process, not
 * to a Lua state: for programs whose process is theirs. */
#include "base/process.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

static ct_status fail(ct_error *error, const char *path) {
  int code = errno;
  return ct_fail(error, CT_EIO, "cannot send output to %s: %s", path, strerror(code));
}

ct_status ct_process_output(const char *path, ct_error *error) {
  int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0) return fail(error, path);
  ct_status status = CT_OK;
  /* A descriptor that dup2 makes stays open in programs that this one starts. */
  if (dup2(file, STDOUT_FILENO) < 0 || dup2(file, STDERR_FILENO) < 0) status = fail(error, path);
  if (file > STDERR_FILENO) close(file);
  return status;
}

void ct_process_follow_parent(void) {
#ifdef __linux__
  prctl(PR_SET_PDEATHSIG, SIGTERM);
#endif
}

void ct_process_keep_interrupt(struct sigaction *action) { sigaction(SIGINT, NULL, action); }

void ct_process_restore_interrupt(const struct sigaction *action) {
  sigaction(SIGINT, action, NULL);
}
