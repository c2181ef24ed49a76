/* Time: circlet.Timer() and circlet.tic()/toc(). Real time comes from the monotonic clock, user and
 * system time are those of the whole process, all threads together. */
#include "bind/bind.h"
#include <sys/resource.h>
#include <time.h>

static const char timer_name[] = "circlet.Timer";

enum { REAL, USER, SYS, CLOCKS };

typedef struct timer {
  bool running;
  double start[CLOCKS]; /* of the current run */
  double total[CLOCKS]; /* of the runs before it */
} timer;

static double real_seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void read_clocks(double now[CLOCKS]) {
  struct rusage use;
  getrusage(RUSAGE_SELF, &use);
  now[REAL] = real_seconds();
  now[USER] = (double)use.ru_utime.tv_sec + 1e-6 * (double)use.ru_utime.tv_usec;
  now[SYS] = (double)use.ru_stime.tv_sec + 1e-6 * (double)use.ru_stime.tv_usec;
}

static timer *check_timer(lua_State *L) { return luaL_checkudata(L, 1, timer_name); }

static int timer_new(lua_State *L) {
  timer *t = lua_newuserdatauv(L, sizeof *t, 0);
  *t = (timer){.running = true};
  read_clocks(t->start);
  luaL_setmetatable(L, timer_name);
  return 1;
}

static int timer_time(lua_State *L) { /* {real=, user=, sys=} in seconds, stopped time left out */
  static const char *const field[CLOCKS] = {"real", "user", "sys"};
  const timer *t = check_timer(L);
  double now[CLOCKS];
  read_clocks(now);
  lua_createtable(L, 0, CLOCKS);
  for (int k = 0; k < CLOCKS; k++) {
    lua_pushnumber(L, t->total[k] + (t->running ? now[k] - t->start[k] : 0));
    lua_setfield(L, -2, field[k]);
  }
  return 1;
}

static int timer_stop(lua_State *L) {
  timer *t = check_timer(L);
  double now[CLOCKS];
  read_clocks(now);
  for (int k = 0; k < CLOCKS && t->running; k++) t->total[k] += now[k] - t->start[k];
  t->running = false;
  lua_settop(L, 1);
  return 1;
}

static int timer_resume(lua_State *L) {
  timer *t = check_timer(L);
  if (!t->running) read_clocks(t->start);
  t->running = true;
  lua_settop(L, 1);
  return 1;
}

static int timer_reset(lua_State *L) { /* to zero, running or not as before */
  timer *t = check_timer(L);
  *t = (timer){.running = t->running};
  read_clocks(t->start);
  lua_settop(L, 1);
  return 1;
}

static int timer_tostring(lua_State *L) {
  const timer *t = check_timer(L);
  lua_pushfstring(L, "circlet.Timer (%s)", t->running ? "running" : "stopped");
  return 1;
}

static int tic(lua_State *L) {
  lua_pushnumber(L, real_seconds());
  return 1;
}

static int toc(lua_State *L) { /* seconds since circlet.tic() returned its argument */
  lua_pushnumber(L, real_seconds() - luaL_checknumber(L, 1));
  return 1;
}

void ctl_open_timer(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"Timer", timer_new}, {"tic", tic}, {"toc", toc}, {NULL, NULL}};
  static const luaL_Reg methods[] = {{"time", timer_time},
                                     {"stop", timer_stop},
                                     {"resume", timer_resume},
                                     {"reset", timer_reset},
                                     {NULL, NULL}};
  luaL_setfuncs(L, functions, 0);
  luaL_newmetatable(L, timer_name);
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, timer_tostring);
  lua_setfield(L, -2, "__tostring");
  lua_pop(L, 1);
}
