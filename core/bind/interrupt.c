/* Ctrl-C inside a kernel. The stock interpreter's own handler only sets a hook that fires when Lua
 * code runs again, so while a kernel runs our handler stands in its place and raises the core's
 * flag, which kernels poll. A signal that came too late for the kernel to see is raised again for
 * the handler before. The system may run our handler on another thread, on a busy machine only
 * after the scope has ended: the flag then stays raised for the next kernel, which answers it.
 * Outside such a scope the process's handlers are untouched. */
#include "bind/bind.h"
#include <signal.h>
#include <string.h>
#include "base/interrupt.h"

static void on_interrupt(int number) {
  (void)number;
  ct_interrupt_raise();
}

typedef struct scope {
  struct sigaction before;
  bool installed;
} scope;

_Static_assert(sizeof(scope) <= sizeof(ctl_interrupt), "the scope must fit its public room");

void ctl_interrupt_begin(ctl_interrupt *opaque, bool lengthy) {
  scope s = {.installed = false};
  struct sigaction ours;
  if (lengthy && sigaction(SIGINT, NULL, &s.before) == 0 && s.before.sa_handler != on_interrupt &&
      s.before.sa_handler != SIG_IGN) {
    memset(&ours, 0, sizeof ours);
    ours.sa_handler = on_interrupt;
    s.installed = sigaction(SIGINT, &ours, NULL) == 0;
  }
  memcpy(opaque->opaque, &s, sizeof s);
}

void ctl_interrupt_end(ctl_interrupt *opaque, ct_status status) {
  scope s;
  memcpy(&s, opaque->opaque, sizeof s);
  if (!s.installed) return;
  sigaction(SIGINT, &s.before, NULL);
  bool unanswered = ct_interrupted() && status != CT_EINTERRUPTED;
  ct_interrupt_clear();
  if (unanswered) raise(SIGINT);
}
