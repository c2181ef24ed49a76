/* How every core function reports failure: a status code, and a message in a caller-owned struct.
 * The core never prints, exits or aborts; what a failure means to the user is decided above it. */
#ifndef CIRCLET_BASE_STATUS_H
#define CIRCLET_BASE_STATUS_H

typedef enum ct_status {
  CT_OK = 0,
  CT_EINVALID,     /* an argument breaks the contract: misuse, a Lua error */
  CT_ENOMEM,       /* memory was refused: a Lua error that leaves every tensor intact */
  CT_EIO,          /* the environment (file, disk, device) refused: nil, message, code in Lua */
  CT_EFORMAT,      /* bytes are not what their format promises: nil, message, code in Lua */
  CT_EINTERRUPTED, /* the user asked to stop: a Lua error */
} ct_status;

typedef struct ct_error {
  ct_status code;
  char message[256];
} ct_error;

/* Fills `error` (which may be NULL) and returns `code`, so that callers write return ct_fail(...).
 */
ct_status ct_fail(ct_error *error, ct_status code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A short lower-case word for `code`, e.g. "io"; what Lua receives as the third result. */
const char *ct_status_name(ct_status code);

#define CT_TRY(call)                                                                               \
  do {                                                                                             \
    ct_status ct_try_status_ = (call);                                                             \
    if (ct_try_status_ != CT_OK) return ct_try_status_;                                            \
  } while (0)

#endif
