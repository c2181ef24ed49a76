/* What the bindings of the measures share: the table `metrics` of the module, and arguments. */
#ifndef CIRCLET_BIND_METRIC_H
#define CIRCLET_BIND_METRIC_H

#include "bind/bind.h"
#include "metric/retrieval.h"

/* embeddings and labels at 1 and 2, or {queries, references} and {labels, reference labels}. */
typedef struct ctl_sides {
  bool two;
  ct_labelled queries, references;
} ctl_sides;

/* Tensor `item` of the table at `index`, left on the stack; raises when it is none. */
const ct_tensor *ctl_push_item(lua_State *L, const char *name, int index, int item,
                               const char *what);

/* Raises "<name>: ..." for anything else. May leave tensors of the tables on the stack. */
ctl_sides ctl_check_sides(lua_State *L, const char *name);

/* Option cameras of the table at `options`: a tensor, or with two sides {tensor, tensor}. */
void ctl_option_cameras(lua_State *L, int options, const char *name, ctl_sides *sides);

int ctl_metric_retrieval(lua_State *L);
int ctl_metric_cmc(lua_State *L);
int ctl_metric_rerank(lua_State *L);
int ctl_metric_verification(lua_State *L);
int ctl_metric_kmeans(lua_State *L);
int ctl_metric_information(lua_State *L);

#endif
