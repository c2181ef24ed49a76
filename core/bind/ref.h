/* What the bindings of the float64 references share. */
#ifndef CIRCLET_BIND_REF_H
#define CIRCLET_BIND_REF_H

#include "bind/bind.h"
#include "ref/circle_ref.h"

/* Pushes a table of the facts. */
void ctl_push_ref_facts(lua_State *L, const ct_ref_facts *facts);

#endif
