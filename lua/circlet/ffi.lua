--- Circle Loss for LuaJIT, through libcirclet.so, on plain arrays of float or double. This file
-- stands alone: it needs LuaJIT's ffi and the library, and runs in Lua 5.1.
--
--     local ffi, circlet = require "ffi", require "circlet.ffi"
--     local x, labels = ffi.new("float[?]", B * D), ffi.new("int64_t[?]", B)
--     local gradient = ffi.new("float[?]", B * D)
--     local loss, facts = circlet.circle_loss(x, labels, B, D, { m = 0.25, gamma = 256 }, gradient)
--
-- Pointers serve as well as arrays, such as those that data() of Torch7's tensors returns; anchor
-- the tensors until the call has returned. Nothing is copied.
--
-- The options are those of circlet.circle_loss (aggregate, reduction, similarity, through_alpha,
-- filter_eps, memory_budget). The library is looked for in $CIRCLET_LIB, in build/ of the tree that
-- this file stands in, and where the system looks. Misuse raises, with the library's message.
local ffi = require "ffi"

ffi.cdef [[
typedef struct circlet_context circlet_context;
typedef struct circlet_rows {
  const void *data;
  int64_t rows, columns, row_stride;
  const int64_t *labels;
} circlet_rows;
typedef struct circlet_matrix {
  void *data;
  int64_t rows, columns, row_stride;
} circlet_matrix;
typedef struct circlet_options {
  int64_t size;
  double m;
  double gamma;
  int32_t aggregate;
  int32_t reduction;
  int32_t similarity;
  int32_t through_alpha;
  double filter_eps;
  int64_t memory_budget;
} circlet_options;
typedef struct circlet_facts {
  double loss;
  int64_t n_anchors, n_valid;
  int64_t n_positive, n_negative;
  double mean_sp, mean_sn;
} circlet_facts;
int circlet_abi_version(void);
void circlet_set_threads(int count);
int circlet_threads(void);
int circlet_context_new(circlet_context **out);
void circlet_context_free(circlet_context *context);
const char *circlet_last_error(const circlet_context *context);
int circlet_options_init(circlet_options *options, int64_t size);
int circlet_pair_forward(circlet_context *context, int type, const circlet_rows *queries,
                         const circlet_rows *references, const circlet_options *options,
                         void *losses, circlet_facts *facts);
int circlet_pair_backward(circlet_context *context, double scale,
                          const circlet_matrix *grad_queries,
                          const circlet_matrix *grad_references);
]]

local ABI = 1 -- CIRCLET_ABI_VERSION of the declarations above

local function open()
  local here = debug.getinfo(1, "S").source:match "^@(.*)lua/circlet/ffi%.lua$"
  local tried = {}
  for _, path in ipairs { os.getenv "CIRCLET_LIB" or "", (here or "./") .. "build/libcirclet.so",
    "circlet" } do
    if path ~= "" then
      local ok, library = pcall(ffi.load, path)
      if ok then return library end
      tried[#tried + 1] = tostring(library)
    end
  end
  error("circlet.ffi: libcirclet.so was not found (set CIRCLET_LIB):\n  " ..
    table.concat(tried, "\n  "), 0)
end

local lib = open()
if lib.circlet_abi_version() ~= ABI then
  error(("circlet.ffi: the library has ABI version %d, this file needs %d"):format(
    lib.circlet_abi_version(), ABI), 0)
end

local circlet = { lib = lib }

local choices = {
  aggregate = { anchor = 0, batch = 1 },
  reduction = { mean = 0, mean_all = 1, sum = 2 },
  similarity = { cosine = 0, dot = 1, euclidean = 2 },
}

local function options_of(settings)
  local options = ffi.new "circlet_options"
  lib.circlet_options_init(options, ffi.sizeof "circlet_options")
  for name, value in pairs(settings or {}) do
    if choices[name] then
      options[name] = choices[name][value]
        or error(("circlet: option %s cannot be %s"):format(name, tostring(value)), 3)
    elseif name == "through_alpha" then
      options.through_alpha = value and 1 or 0
    elseif name == "m" or name == "gamma" or name == "filter_eps" or name == "memory_budget" then
      options[name] = value
    else
      error("circlet: there is no option " .. tostring(name), 3)
    end
  end
  return options
end

local function new_context()
  local out = ffi.new "circlet_context *[1]"
  if lib.circlet_context_new(out) ~= 0 then error("circlet: not enough memory", 3) end
  return ffi.gc(out[0], lib.circlet_context_free)
end

local function check(context, status)
  if status ~= 0 then error(ffi.string(lib.circlet_last_error(context)), 3) end
end

local function facts_of(facts)
  return {
    n_anchors = tonumber(facts.n_anchors), n_valid = tonumber(facts.n_valid),
    n_positive = tonumber(facts.n_positive), n_negative = tonumber(facts.n_negative),
    mean_sp = facts.mean_sp, mean_sn = facts.mean_sn,
  }
end

-- 0 for float, 1 for double
local function type_of(array)
  if ffi.istype("double *", array) or tostring(ffi.typeof(array)):find("double", 1, true) then
    return 1
  elseif tostring(ffi.typeof(array)):find("float", 1, true) then
    return 0
  end
  error("circlet: an array of float or double expected, got " .. tostring(array), 3)
end

--- Circle Loss of B rows of D elements, x[i * D + j], with labels[i] from 1 (int64_t). Returns the
-- loss and the facts; `gradient`, an array of x's type and size, is filled when given.
function circlet.circle_loss(x, labels, B, D, settings, gradient)
  local kind, context, facts = type_of(x), new_context(), ffi.new "circlet_facts"
  if gradient and type_of(gradient) ~= kind then
    error("circlet: the gradient must be of the type of x", 2)
  end
  local rows = ffi.new("circlet_rows", x, B, D, D, labels)
  check(context, lib.circlet_pair_forward(context, kind, rows, nil, options_of(settings), nil,
    facts))
  if gradient then
    local out = ffi.new("circlet_matrix", gradient, B, D, D)
    check(context, lib.circlet_pair_backward(context, 1, out, nil))
  end
  return facts.loss, facts_of(facts)
end

--- The same with class vectors w[c * D + j], c below C: labels name classes 1..C; gradients go to
-- both.
function circlet.circle_class_loss(x, labels, B, D, w, C, settings, gradient, gradient_w)
  local kind, context, facts = type_of(x), new_context(), ffi.new "circlet_facts"
  for _, array in pairs { w, gradient, gradient_w } do
    if type_of(array) ~= kind then error("circlet: all arrays must be of the type of x", 2) end
  end
  local rows = ffi.new("circlet_rows", x, B, D, D, labels)
  local classes = ffi.new("circlet_rows", w, C, D, D, nil)
  check(context, lib.circlet_pair_forward(context, kind, rows, classes, options_of(settings), nil,
    facts))
  if gradient or gradient_w then
    local out = gradient and ffi.new("circlet_matrix", gradient, B, D, D)
    local out_w = gradient_w and ffi.new("circlet_matrix", gradient_w, C, D, D)
    check(context, lib.circlet_pair_backward(context, 1, out, out_w))
  end
  return facts.loss, facts_of(facts)
end

return circlet
