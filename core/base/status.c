/* Status codes and error messages. */
#include "base/status.h"
#include <stdarg.h>
#include <stdio.h>

ct_status ct_fail(ct_error *error, ct_status code, const char *format, ...) {
  if (error) {
    va_list args;
    va_start(args, format);
    error->code = code;
    vsnprintf(error->message, sizeof error->message, format, args);
    va_end(args);
  }
  return code;
}

const char *ct_status_name(ct_status code) {
  switch (code) {
  case CT_OK: return "ok";
  case CT_EINVALID: return "invalid";
  case CT_ENOMEM: return "memory";
  case CT_EIO: return "io";
  case CT_EFORMAT: return "format";
  case CT_EINTERRUPTED: return "interrupted";
  }
  return "unknown";
}
