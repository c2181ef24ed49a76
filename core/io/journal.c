/* One pass over the line, field by field. A journal of 100,000 trials has half a million lines, and
 * nearly all of them are of four kinds; this reads those without a copy, so that a study opens in
 * less than a second. It never decides that a line is wrong: whatever it does not know by heart
 * is left to the general parser, whose judgement and messages count.
 *
 * Invariant: at <= end, and no byte at or beyond end is read. */
#include "io/journal.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct cursor {
  const char *at, *end;
} cursor;

static void skip(cursor *c) {
  while (c->at < c->end && (*c->at == ' ' || *c->at == '\t' || *c->at == '\r')) c->at++;
}

static bool take(cursor *c, char wanted) {
  skip(c);
  if (c->at == c->end || *c->at != wanted) return false;
  c->at++;
  return true;
}

static bool take_word(cursor *c, const char *word) {
  size_t size = strlen(word);
  if ((size_t)(c->end - c->at) < size || memcmp(c->at, word, size) != 0) return false;
  c->at += size;
  return true;
}

/* Bytes at `c` that are printable ASCII other than quotes and backslashes, eight at a time: a byte
 * that is not has its top bit in `other` (those above the first one may have it without cause). */
static void skip_plain(cursor *c) {
  const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
  while (c->end - c->at >= 8) {
    uint64_t word;
    memcpy(&word, c->at, 8);
    uint64_t quote = word ^ (ones * '"'), backslash = word ^ (ones * '\\');
    uint64_t other = ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash) |
                     ((word - ones * 0x20) & ~word) | (word + ones) | word;
    other &= tops;
    if (other) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
      c->at += __builtin_ctzll(other) / 8;
#endif
      return;
    }
    c->at += 8;
  }
}

/* A string of printable ASCII; `escapes`: in which backslashes may stand before quotes and
 * backslashes. */
static bool take_text(cursor *c, ct_text *out, bool escapes) {
  if (!take(c, '"')) return false;
  const char *begin = c->at;
  for (skip_plain(c); c->at < c->end; skip_plain(c)) {
    unsigned char byte = (unsigned char)*c->at++;
    if (byte == '"') {
      *out = (ct_text){begin, c->at - 1 - begin};
      return true;
    }
    if (byte < 0x20 || byte > 0x7e) return false;
    if (byte == '\\') {
      if (!escapes || c->at == c->end || (*c->at != '"' && *c->at != '\\')) return false;
      c->at++;
    }
  }
  return false;
}

static bool is_digit(const cursor *c) { return c->at < c->end && *c->at >= '0' && *c->at <= '9'; }

/* 10^0 .. 10^22 are doubles without rounding. */
static const double tens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                              1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                              1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* The number in begin[0..size) by the C library; false when it is long, or when the locale has
 * another decimal point. */
static bool by_library(const char *begin, int64_t size, double *out) {
  char copy[64], *stop;
  if (size >= (int64_t)sizeof copy) return false;
  memcpy(copy, begin, (size_t)size);
  copy[size] = 0;
  *out = strtod(copy, &stop);
  return stop == copy + size;
}

/* Digits into *digits; false when they do not fit 63 bits. */
static bool take_digits(cursor *c, int64_t *digits) {
  for (; is_digit(c); c->at++)
    if (__builtin_mul_overflow(*digits, 10, digits) ||
        __builtin_add_overflow(*digits, *c->at - '0', digits))
      return false;
  return true;
}

static bool take_number(cursor *c, ct_number *out) {
  skip(c);
  const char *begin = c->at;
  int64_t digits = 0, exponent = 0;
  *out = (ct_number){.real = NAN};
  if (take_word(c, "NaN")) return true;
  bool negative = c->at < c->end && *c->at == '-';
  c->at += negative;
  if (take_word(c, "Infinity")) {
    out->real = negative ? -INFINITY : INFINITY;
    return true;
  }
  const char *first = c->at;
  if (!is_digit(c) || !take_digits(c, &digits)) return false;
  if (c->at - first > 1 && *first == '0') return false;
  if (c->at == c->end || (*c->at != '.' && *c->at != 'e' && *c->at != 'E')) {
    out->whole = !(negative && digits == 0);
    out->integer = negative ? -digits : digits;
    out->real = negative ? -0.0 : 0.0;
    return true;
  }
  bool exact = true;
  if (*c->at == '.') {
    const char *point = ++c->at;
    exact = take_digits(c, &digits);
    while (is_digit(c)) c->at++;
    if (c->at == point) return false;
    exponent = point - c->at;
  }
  if (c->at < c->end && (*c->at == 'e' || *c->at == 'E')) {
    int64_t written = 0;
    c->at++;
    bool down = c->at < c->end && *c->at == '-';
    c->at += down || (c->at < c->end && *c->at == '+');
    if (!is_digit(c) || !take_digits(c, &written) || written > 100000) return false;
    exponent += down ? -written : written;
  }
  /* Both parts are doubles without rounding, so one operation rounds once (Clinger 1990). */
  if (exact && digits <= 1LL << 53 && exponent >= -22 && exponent <= 22) {
    double size = exponent < 0 ? (double)digits / tens[-exponent] : (double)digits * tens[exponent];
    out->real = negative ? -size : size;
    return true;
  }
  return by_library(begin, c->at - begin, &out->real);
}

static bool take_values(cursor *c, ct_journal_line *line) {
  line->value_count = 0;
  skip(c);
  if (take_word(c, "null")) return true;
  if (!take(c, '[')) return false;
  do {
    if (line->value_count == CT_JOURNAL_VALUES) return false;
    if (!take_number(c, &line->values[line->value_count++])) return false;
  } while (take(c, ','));
  return take(c, ']');
}

static const struct {
  const char *name;
  int64_t size;
} names[CT_JOURNAL_FIELDS] = {
    [CT_JOURNAL_OP] = {"op_code", 7},
    [CT_JOURNAL_STUDY] = {"study_id", 8},
    [CT_JOURNAL_TRIAL] = {"trial_id", 8},
    [CT_JOURNAL_STATE] = {"state", 5},
    [CT_JOURNAL_STEP] = {"step", 4},
    [CT_JOURNAL_WORKER] = {"worker_id", 9},
    [CT_JOURNAL_START] = {"datetime_start", 14},
    [CT_JOURNAL_COMPLETE] = {"datetime_complete", 17},
    [CT_JOURNAL_PARAM] = {"param_name", 10},
    [CT_JOURNAL_DISTRIBUTION] = {"distribution", 12},
    [CT_JOURNAL_INTERNAL] = {"param_value_internal", 20},
    [CT_JOURNAL_INTERMEDIATE] = {"intermediate_value", 18},
    [CT_JOURNAL_VALUES_FIELD] = {"values", 6},
};

static int field_of(ct_text key) {
  for (int i = 0; i < CT_JOURNAL_FIELDS; i++)
    if (names[i].size == key.size && memcmp(names[i].name, key.data, (size_t)key.size) == 0)
      return i;
  return CT_JOURNAL_FIELDS;
}

static bool take_field(cursor *c, int field, ct_journal_line *line) {
  ct_number number;
  if (field < CT_JOURNAL_WORKER) {
    if (!take_number(c, &number) || !number.whole) return false;
    line->integer[field] = number.integer;
    return true;
  }
  if (field < CT_JOURNAL_INTERNAL)
    return take_text(c, &line->text[field - CT_JOURNAL_WORKER], field == CT_JOURNAL_DISTRIBUTION);
  if (field == CT_JOURNAL_INTERNAL) return take_number(c, &line->internal);
  if (field == CT_JOURNAL_INTERMEDIATE) return take_number(c, &line->intermediate);
  return take_values(c, line);
}

#define BIT(field) (1u << CT_JOURNAL_##field)

/* Whether the fields are those of an operation; set state has a time of its start or of its end. */
static bool complete(const ct_journal_line *line) {
  const unsigned common = BIT(OP) | BIT(WORKER),
                 state = common | BIT(TRIAL) | BIT(STATE) | BIT(VALUES_FIELD);
  if (!(line->fields & BIT(OP))) return false;
  switch (line->integer[CT_JOURNAL_OP]) {
  case 4: return line->fields == (common | BIT(STUDY) | BIT(START));
  case 5:
    return line->fields == (common | BIT(TRIAL) | BIT(PARAM) | BIT(DISTRIBUTION) | BIT(INTERNAL));
  case 6: return line->fields == (state | BIT(START)) || line->fields == (state | BIT(COMPLETE));
  case 7: return line->fields == (common | BIT(TRIAL) | BIT(STEP) | BIT(INTERMEDIATE));
  default: return false;
  }
}

bool ct_journal_parse(const char *data, int64_t size, ct_journal_line *line) {
  cursor c = {data, data + size};
  line->fields = 0;
  if (!take(&c, '{')) return false;
  do {
    ct_text key;
    if (!take_text(&c, &key, false) || !take(&c, ':')) return false;
    int field = field_of(key);
    if (field == CT_JOURNAL_FIELDS || line->fields >> field & 1) return false;
    line->fields |= 1u << field;
    if (!take_field(&c, field, line)) return false;
  } while (take(&c, ','));
  if (!take(&c, '}')) return false;
  skip(&c);
  return c.at == c.end && complete(line);
}

int64_t ct_journal_unescape(ct_text text, char *out) {
  int64_t written = 0;
  for (int64_t i = 0; i < text.size; i++) {
    if (text.data[i] == '\\' && i + 1 < text.size) i++;
    out[written++] = text.data[i];
  }
  return written;
}
