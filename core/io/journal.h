/* Lines of a study's journal (Optuna's format: an operation a line, as JSON), the common ones. */
#ifndef CIRCLET_IO_JOURNAL_H
#define CIRCLET_IO_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

typedef struct ct_text {
  const char *data; /* not ended by a zero */
  int64_t size;
} ct_text;

typedef struct ct_number {
  bool whole; /* written without fraction and exponent, and within 64 bits: `integer` holds it */
  int64_t integer;
  double real; /* otherwise; NaN and the infinities are among them */
} ct_number;

enum { CT_JOURNAL_VALUES = 4 }; /* objectives in a common line, at most */

/* What a line may hold. `fields` has a bit for each that is there: 1 << CT_JOURNAL_... */
typedef enum ct_journal_field {
  CT_JOURNAL_OP,
  CT_JOURNAL_STUDY,
  CT_JOURNAL_TRIAL,
  CT_JOURNAL_STATE,
  CT_JOURNAL_STEP,
  CT_JOURNAL_WORKER,
  CT_JOURNAL_START,
  CT_JOURNAL_COMPLETE,
  CT_JOURNAL_PARAM,
  CT_JOURNAL_DISTRIBUTION,
  CT_JOURNAL_INTERNAL,
  CT_JOURNAL_INTERMEDIATE,
  CT_JOURNAL_VALUES_FIELD,
  CT_JOURNAL_FIELDS
} ct_journal_field;

typedef struct ct_journal_line {
  unsigned fields;
  int64_t integer[CT_JOURNAL_WORKER];                    /* OP, STUDY, TRIAL, STATE, STEP */
  ct_text text[CT_JOURNAL_INTERNAL - CT_JOURNAL_WORKER]; /* WORKER .. DISTRIBUTION, less WORKER */
  ct_number internal, intermediate, values[CT_JOURNAL_VALUES];
  int value_count; /* 0 for null */
} ct_journal_line;

/* The text of a field from WORKER to DISTRIBUTION. */
static inline ct_text ct_journal_text(const ct_journal_line *line, ct_journal_field field) {
  return line->text[field - CT_JOURNAL_WORKER];
}

/* Reads the line in data[0..size), without its newline. True when it is a common one: an object of
 * the fields above, each at most once and of its type (null only where Optuna writes null), in
 * printable ASCII, with at most CT_JOURNAL_VALUES values, and with exactly the fields of one of the
 * operations create trial, set parameter, set state, set intermediate value. Then everything in
 * *line points into data. False says nothing against a line but that a general parser must judge
 * it. */
bool ct_journal_parse(const char *data, int64_t size, ct_journal_line *line);

/* Writes `text` without its backslashes to out[0..text.size) and returns the size. */
int64_t ct_journal_unescape(ct_text text, char *out);

#endif
