/* Lines of a study's journal in Lua: core.io.journal_line, which lua/circlet/study/Journal.lua
 * reads journals with. */
#include "bind/bind.h"
#include <string.h>
#include "io/journal.h"

/* Distributions and names of workers come again and again. They are kept in a table by a few bits
 * of their hash, so that a line costs a comparison instead of a new string: at i the text as it
 * stands in the journal, at -i what it means. */
enum { KEPT = 4096 };

static lua_Integer place_of(ct_text text) {
  uint64_t hash = 0xcbf29ce484222325u ^ (uint64_t)text.size, word;
  int64_t i = 0;
  for (; i + 8 <= text.size; i += 8) {
    memcpy(&word, text.data + i, 8);
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    hash ^= hash >> 29;
  }
  for (; i < text.size; i++) hash = (hash ^ (unsigned char)text.data[i]) * 0x9e3779b97f4a7c15u;
  return (lua_Integer)(hash >> 52) % KEPT + 1;
}

/* A distribution: what the function kept.distribution makes of its text; without one, the text. */
static void push_distribution(lua_State *L, int kept, ct_text text) {
  luaL_Buffer buffer;
  bool decoded = lua_getfield(L, kept, "distribution") != LUA_TNIL;
  char *out = luaL_buffinitsize(L, &buffer, (size_t)text.size);
  luaL_pushresultsize(&buffer, (size_t)ct_journal_unescape(text, out));
  if (decoded)
    lua_call(L, 1, 1);
  else
    lua_remove(L, -2);
}

static void push_kept(lua_State *L, int kept, ct_text text, bool distribution) {
  lua_Integer place = place_of(text);
  size_t size;
  lua_rawgeti(L, kept, place);
  const char *known = lua_tolstring(L, -1, &size);
  bool same = known && size == (size_t)text.size && memcmp(known, text.data, size) == 0;
  lua_pop(L, 1);
  if (!same) {
    lua_pushboolean(L, 0); /* left half-way by an error, the place is empty */
    lua_rawseti(L, kept, place);
    if (distribution)
      push_distribution(L, kept, text);
    else
      lua_pushlstring(L, text.data, (size_t)text.size);
    lua_rawseti(L, kept, -place);
    lua_pushlstring(L, text.data, (size_t)text.size);
    lua_rawseti(L, kept, place);
  }
  lua_rawgeti(L, kept, -place);
}

static void push_text(lua_State *L, const ct_journal_line *line, ct_journal_field field) {
  ct_text text = ct_journal_text(line, field);
  if (line->fields >> field & 1)
    lua_pushlstring(L, text.data, (size_t)text.size);
  else
    lua_pushnil(L);
}

static void push_number(lua_State *L, ct_number number) {
  if (number.whole)
    lua_pushinteger(L, number.integer);
  else
    lua_pushnumber(L, number.real);
}

static void push_values(lua_State *L, const ct_journal_line *line) {
  if (line->value_count == 0) return lua_pushnil(L);
  lua_createtable(L, line->value_count, 0);
  for (int i = 0; i < line->value_count; i++) {
    push_number(L, line->values[i]);
    lua_rawseti(L, -2, i + 1);
  }
}

/* journal_line(text, at, kept) -> after [, op, ...]: reads the line of `text` that begins at `at`
 * (from 1); `after` is where the next one begins, nil when there is no newline any more. A common
 * line gives its operation and
 *     4: study_id, worker_id, datetime_start
 *     5: trial_id, param_name, param_value_internal, distribution
 *     6: trial_id, state, worker_id, datetime_start or nil, datetime_complete or nil, values or nil
 *     7: trial_id, step, intermediate_value
 * and another one nothing more: it needs json.decode. kept: a table that the caller keeps from line
 * to line and does not look into; where kept.distribution is a function, it is called for the text
 * of each distribution that is not among the last ones, and what it returns stands for the text. */
static int journal_line(lua_State *L) {
  size_t size;
  ct_journal_line line;
  const char *text = luaL_checklstring(L, 1, &size);
  lua_Integer at = luaL_checkinteger(L, 2);
  luaL_argcheck(L, at >= 1 && (size_t)at <= size + 1, 2, "a place in the text expected");
  luaL_checktype(L, 3, LUA_TTABLE);
  const char *begin = text + at - 1, *end = memchr(begin, '\n', size - (size_t)at + 1);
  if (!end) return lua_pushnil(L), 1;
  lua_pushinteger(L, at + (end - begin) + 1);
  if (!ct_journal_parse(begin, end - begin, &line)) return 1;
  const int64_t *integer = line.integer;
  lua_pushinteger(L, integer[CT_JOURNAL_OP]);
  switch (integer[CT_JOURNAL_OP]) {
  case 4:
    lua_pushinteger(L, integer[CT_JOURNAL_STUDY]);
    push_kept(L, 3, ct_journal_text(&line, CT_JOURNAL_WORKER), false);
    push_text(L, &line, CT_JOURNAL_START);
    return 5;
  case 5:
    lua_pushinteger(L, integer[CT_JOURNAL_TRIAL]);
    push_text(L, &line, CT_JOURNAL_PARAM);
    push_number(L, line.internal);
    push_kept(L, 3, ct_journal_text(&line, CT_JOURNAL_DISTRIBUTION), true);
    return 6;
  case 6:
    lua_pushinteger(L, integer[CT_JOURNAL_TRIAL]);
    lua_pushinteger(L, integer[CT_JOURNAL_STATE]);
    push_kept(L, 3, ct_journal_text(&line, CT_JOURNAL_WORKER), false);
    push_text(L, &line, CT_JOURNAL_START);
    push_text(L, &line, CT_JOURNAL_COMPLETE);
    push_values(L, &line);
    return 8;
  default:
    lua_pushinteger(L, integer[CT_JOURNAL_TRIAL]);
    lua_pushinteger(L, integer[CT_JOURNAL_STEP]);
    push_number(L, line.intermediate);
    return 5;
  }
}

static const luaL_Reg functions[] = {{"journal_line", journal_line}, {NULL, NULL}};

/* Into the table `io`, which ctl_open_io() has made. */
void ctl_open_journal(lua_State *L) {
  lua_getfield(L, -1, "io");
  luaL_setfuncs(L, functions, 0);
  lua_pop(L, 1);
}
