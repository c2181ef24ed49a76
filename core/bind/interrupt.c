/* Ctrl-C inside a kernel. The stock interpreter's own handler only sets a hook that fires when Lua
 * code runs again, so while a kernel runs our handler stands in front of it: it raises the core's
 * flag and passes the signal on. Outside such a scope the process's handlers are untouched. */
#include "bind/bind.h"
#include <signal.h>
#include <string.h>
#include "base/interrupt.h"

static struct sigaction previous; /* signals belong to the process, and so does this */

static void on_interrupt(int number) {
  ct_interrupt_raise();
  if (!(previous.sa_flags & SA_SIGINFO) && previous.sa_handler != SIG_DFL &&
      previous.sa_handler != SIG_IGN)
    previous.sa_handler(number);
}

typedef struct scope {
  struct sigaction before;
  bool installed;
} scope;

_Static_assert(sizeof(scope) <= sizeof(ctl_interrupt), "the scope must fit its public room");

void ctl_interrupt_begin(ctl_interrupt *opaque) {
  scope s = {.installed = false};
  struct sigaction ours;
  if (sigaction(SIGINT, NULL, &s.before) == 0 && s.before.sa_handler != on_interrupt &&
      s.before.sa_handler != SIG_IGN) {
    memset(&ours, 0, sizeof ours);
    ours.sa_handler = on_interrupt;
    previous = s.before;
    ct_interrupt_clear();
    s.installed = sigaction(SIGINT, &ours, NULL) == 0;
  }
  memcpy(opaque->opaque, &s, sizeof s);
}

void ctl_interrupt_end(ctl_interrupt *opaque) {
  scope s;
  memcpy(&s, opaque->opaque, sizeof s);
  if (!s.installed) return;
  sigaction(SIGINT, &s.before, NULL);
  ct_interrupt_clear();
}
