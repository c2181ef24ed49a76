/* What a process that runs trials for another needs of the system: output into a file of each
 * trial, an end when its parent ends, and Ctrl-C given back to whoever handled it before. And what
 * a prompt needs: to wait for a key and for Ctrl-C alike, and to know its terminal. */
#ifndef CIRCLET_BASE_PROCESS_H
#define CIRCLET_BASE_PROCESS_H

#include <signal.h>
#include <stdbool.h>
#include <termios.h>
#include "base/status.h"

/* Sends what is written to descriptors 1 and 2 to the end of the file at `path`, which is made when
 * it is not there. Buffers of stdio are the caller's to flush. */
ct_status ct_process_output(const char *path, ct_error *error);

/* Has the system end this process (SIGTERM) when its parent ends, where the system can (Linux). */
void ct_process_follow_parent(void);

/* What Ctrl-C does to this process. */
void ct_process_keep_interrupt(struct sigaction *action);
void ct_process_restore_interrupt(const struct sigaction *action);
void ct_process_ignore_interrupt(void);

/* Waits until a descriptor can be read, or for one of the signals that a prompt answers itself:
 * Ctrl-C, Ctrl-Z, and the end (SIGTERM, SIGHUP). Their handlers are the ones before afterwards. */
typedef enum ct_input {
  CT_INPUT_READY,
  CT_INPUT_INTERRUPT,
  CT_INPUT_SUSPEND,
  CT_INPUT_END,
} ct_input;
ct_input ct_process_wait_input(int descriptor);

/* Stops this process as Ctrl-Z does; returns when it goes on. */
void ct_process_suspend(void);

bool ct_process_is_terminal(int descriptor);

/* How the terminal that standard input is treats keys; false when it is none. */
bool ct_process_keep_terminal(struct termios *settings);
void ct_process_restore_terminal(const struct termios *settings);

/* Of the terminal that stdin, stdout or stderr is; false when none is one. */
bool ct_process_terminal_size(int *columns, int *lines);

#endif
