/* Options of the losses, read from Lua. */
#ifndef CIRCLET_BIND_LOSS_H
#define CIRCLET_BIND_LOSS_H

#include "bind/bind.h"
#include "loss/loss.h"

/* What similarities are of: pairs of rows, rows and class vectors, or given. */
typedef enum ctl_loss_form { CTL_PAIRS, CTL_CLASSES, CTL_GIVEN } ctl_loss_form;

/* Raises for options that the loss does not have in this form. */
ct_loss_options ctl_loss_options(lua_State *L, int index, const char *function,
                                 const ct_loss_rule *rule, ctl_loss_form form);

/* Vectors a class, of CTL_CLASSES. */
int64_t ctl_loss_centres(lua_State *L, int index, const char *function);

#endif
