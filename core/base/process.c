/* Output, parent, signals and input of this process; see process.h. All of it belongs to the
 * process, not to a Lua state: for programs whose process is theirs. */
#include "base/process.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
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

void ct_process_ignore_interrupt(void) { signal(SIGINT, SIG_IGN); }

static volatile sig_atomic_t caught; /* the last signal while ct_process_wait_input runs */

static void on_signal(int number) { caught = number; }

/* A signal that comes between the look at `caught` and poll(), or that the system hands to another
 * thread, does not end poll(): hence its limit in milliseconds. */
enum { LOOK_AGAIN = 200 };

ct_input ct_process_wait_input(int descriptor) {
  static const int watched[] = {SIGINT, SIGTSTP, SIGTERM, SIGHUP};
  enum { WATCHED = sizeof watched / sizeof *watched };
  struct sigaction before[WATCHED], ours;
  memset(&ours, 0, sizeof ours);
  ours.sa_handler = on_signal;
  caught = 0;
  for (int i = 0; i < WATCHED; i++) sigaction(watched[i], &ours, &before[i]);
  struct pollfd input = {.fd = descriptor, .events = POLLIN};
  int ready = 0;
  while (ready == 0 && !caught) {
    ready = poll(&input, 1, LOOK_AGAIN);
    if (ready < 0) ready = errno == EINTR ? 0 : 1; /* what cannot be polled, reading tells */
  }
  for (int i = 0; i < WATCHED; i++) sigaction(watched[i], &before[i], NULL);
  return caught == SIGINT    ? CT_INPUT_INTERRUPT
         : caught == SIGTSTP ? CT_INPUT_SUSPEND
         : caught            ? CT_INPUT_END
                             : CT_INPUT_READY;
}

void ct_process_suspend(void) {
  struct sigaction before, standard;
  memset(&standard, 0, sizeof standard);
  standard.sa_handler = SIG_DFL;
  sigaction(SIGTSTP, &standard, &before);
  raise(SIGTSTP);
  sigaction(SIGTSTP, &before, NULL);
}

bool ct_process_is_terminal(int descriptor) { return isatty(descriptor) == 1; }

bool ct_process_keep_terminal(struct termios *settings) {
  return tcgetattr(STDIN_FILENO, settings) == 0;
}

void ct_process_restore_terminal(const struct termios *settings) {
  tcsetattr(STDIN_FILENO, TCSADRAIN, settings);
}

bool ct_process_terminal_size(int *columns, int *lines) {
  struct winsize size;
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++) {
    if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) continue;
    *columns = size.ws_col;
    *lines = size.ws_row;
    return true;
  }
  return false;
}
