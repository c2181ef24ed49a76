--- The losses for LuaJIT, through libcirclet.so: on plain arrays of float or double, and, where
-- Torch7 is installed, as criterions for its nn. This file stands alone: it needs LuaJIT's ffi and
-- the library, and runs in Lua 5.1.
--
--     local ffi, circlet = require "ffi", require "circlet.ffi"
--     local x, labels = ffi.new("float[?]", B * D), ffi.new("int64_t[?]", B)
--     local gradient = ffi.new("float[?]", B * D)
--     local loss, facts = circlet.circle_loss(x, labels, B, D, { m = 0.25, gamma = 256 }, gradient)
--
-- Pointers serve as well as arrays; nothing is copied. The options are those of circlet.circle_loss
-- (aggregate, reduction, similarity, through_alpha, filter_eps, memory_budget).
-- circlet.loss(name, call, settings) is any loss of the family. The library is
-- looked for in $CIRCLET_LIB, in build/ of the tree that this file stands in, in lib/ of the place
-- that it is installed below, and where the system looks. Misuse raises: the library's message.
--
-- In Torch7:
--
--     require "nn"
--     require "circlet.ffi"
--     local criterion = nn.CircleCriterion(0.25, 80)
--     local loss = criterion:forward(embeddings, labels)        -- [B,D] and [B], or {x, refs} and
--     local gradient = criterion:backward(embeddings, labels)   -- {labels, ref_labels}
--
-- nn.CircleCriterion(m, gamma [, options]), nn.CircleClassCriterion(dim, classes, m, gamma
-- [, options]) and nn.CircleSimilarityCriterion(m, gamma [, options]) have the fields, and so the
-- files, of those in circlet's nn. Inputs are Float or Double tensors, all of one type, and are
-- read where they lie unless their rows are scattered; labels are Long (read where they lie), Int,
-- Short, Char, Byte, Float or Double tensors of integers from 1.
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
int circlet_similarity_loss(circlet_context *context, int type,
                            const circlet_rows *positives, const circlet_rows *negatives,
                            const circlet_options *options, double scale, void *losses,
                            const circlet_matrix *grad_positives,
                            const circlet_matrix *grad_negatives, circlet_facts *facts);
typedef struct circlet_loss {
  int64_t size;
  int32_t loss;
  int32_t variant;
  double parameter[8];
  int32_t aggregate;
  int32_t reduction;
  int32_t similarity;
  int32_t ignores;
  int64_t ignore_label;
  double filter_eps;
  int64_t memory_budget;
  const double *weights;
  int64_t centres;
  const void *bias;
  int64_t hardest_negatives;
  const double *pair_weights;
  int64_t pair_labels;
  const double *own[8];
  int64_t own_labels[8];
  int64_t positives;
  int64_t query_labels;
  int64_t reference_labels;
} circlet_loss;
typedef struct circlet_loss_facts {
  int64_t size;
  double loss;
  int64_t n_anchors, n_valid;
  int64_t n_positive, n_negative;
  double mean_sp, mean_sn;
  int64_t n_nonzero;
  int64_t n_without_positive, n_without_negative;
} circlet_loss_facts;
int circlet_loss_named(const char *name);
const char *circlet_loss_parameter_name(int loss, int place);
const char *circlet_loss_variant_name(int loss);
int circlet_loss_init(circlet_loss *options, int64_t size, int loss);
int circlet_loss_preset(circlet_loss *options, const char *name);
int circlet_loss_forward(circlet_context *context, int type, const circlet_rows *queries, const
    circlet_rows *references, const circlet_loss *options, void *losses, circlet_loss_facts
    *facts);
int circlet_loss_backward(circlet_context *context, double scale, const circlet_matrix
    *grad_queries, const circlet_matrix *grad_references, void *grad_bias);
]]

local ABI = 1 -- CIRCLET_ABI_VERSION of the declarations above

local function open()
  local source = debug.getinfo(1, "S").source
  local tree = source:match "^@(.*)lua/circlet/ffi%.lua$"
  local prefix = source:match "^@(.*)/share/lua/[%d.]+/circlet/ffi%.lua$"
  local paths, tried = { (tree or "./") .. "build/libcirclet.so" }, {}
  if os.getenv "CIRCLET_LIB" then table.insert(paths, 1, os.getenv "CIRCLET_LIB") end
  for _, folder in ipairs(prefix and { "lib", "library" } or {}) do -- (the latter is a rock's)
    table.insert(paths, ("%s/%s/libcirclet.so"):format(prefix, folder))
  end
  table.insert(paths, "circlet")
  for _, path in ipairs(paths) do
    local ok, library = pcall(ffi.load, path)
    if ok then return library end
    tried[#tried + 1] = tostring(library)
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
  reduction = { mean = 0, mean_all = 1, sum = 2, none = 3 },
  similarity = { cosine = 0, dot = 1, euclidean = 2 },
}

-- Errors are blamed on the caller of a public function, `level` levels up.
local function options_of(settings, level)
  local options = ffi.new "circlet_options"
  lib.circlet_options_init(options, ffi.sizeof "circlet_options")
  for name, value in pairs(settings or {}) do
    if choices[name] then
      options[name] = choices[name][value]
        or error(("circlet: option %s cannot be %s"):format(name, tostring(value)), level + 1)
    elseif name == "through_alpha" then
      options.through_alpha = value and 1 or 0
    elseif name == "m" or name == "gamma" or name == "filter_eps" or name == "memory_budget" then
      if type(value) ~= "number" then
        error(("circlet: option %s must be a number, got %s"):format(name, tostring(value)),
          level + 1)
      end
      options[name] = value
    else
      error("circlet: there is no option " .. tostring(name), level + 1)
    end
  end
  return options
end

local function new_context()
  local out = ffi.new "circlet_context *[1]"
  if lib.circlet_context_new(out) ~= 0 then error("circlet: not enough memory", 0) end
  return ffi.gc(out[0], lib.circlet_context_free)
end

local function facts_of(facts)
  return {
    n_anchors = tonumber(facts.n_anchors), n_valid = tonumber(facts.n_valid),
    n_positive = tonumber(facts.n_positive), n_negative = tonumber(facts.n_negative),
    mean_sp = facts.mean_sp, mean_sn = facts.mean_sn,
  }
end

-- Plain arrays. One context serves all calls: nothing of a call is needed after it.

local shared

local function check(context, status)
  if status ~= 0 then error(ffi.string(lib.circlet_last_error(context)), 3) end
end

local types = { float = 0, double = 1 } -- CIRCLET_FLOAT, CIRCLET_DOUBLE

-- CIRCLET_FLOAT or CIRCLET_DOUBLE, which all of the arrays must be; and that those whose length is
-- known (arrays, not pointers) hold what is asked of them. arrays: { { name, array or nil,
-- elements }, ... }
local function type_of(arrays)
  local kind
  for _, item in ipairs(arrays) do
    local name, array, elements = item[1], item[2], item[3]
    local text = type(array) == "cdata" and tostring(ffi.typeof(array)) or type(array)
    local element, extent = text:match "^ctype<(%a+) ([*%[])"
    if not element then element, extent = text:match "^ctype<const (%a+) ([*%[])" end
    if array ~= nil and not types[element] then
      error(("circlet: %s must be an array of float or double, got %s"):format(name, text), 3)
    elseif array ~= nil and kind and types[element] ~= kind then
      error(("circlet: %s must be of the type of %s"):format(name, arrays[1][1]), 3)
    elseif array ~= nil and extent == "[" then
      local room = ffi.sizeof(array) / ffi.sizeof(element)
      if room < elements then
        error(("circlet: %s must hold %d elements, got %d"):format(name, elements, room), 3)
      end
    end
    kind = kind or types[element]
  end
  return kind
end

local function losses_for(options, losses)
  if options.reduction ~= choices.reduction.none then return nil end
  return losses or error("circlet: reduction \"none\" needs an array for the losses", 3)
end

local function matrix_of(array, rows, columns)
  return array and ffi.new("circlet_matrix", array, rows, columns, columns) or nil
end

--- Circle Loss of B rows of D elements, x[i * D + j], with labels[i] from 1 (int64_t). Returns the
-- loss and the facts; `gradient`, an array of x's type and size, is filled when given, and so is
-- `losses` [B] with reduction "none" (the gradient is then that of the sum, and so is the loss).
function circlet.circle_loss(x, labels, B, D, settings, gradient, losses)
  local kind = type_of { { "x", x or false, B * D }, { "gradient", gradient, B * D },
    { "losses", losses, B } }
  local options, facts = options_of(settings, 2), ffi.new "circlet_facts"
  shared = shared or new_context()
  local rows = ffi.new("circlet_rows", x, B, D, D, labels)
  check(shared, lib.circlet_pair_forward(shared, kind, rows, nil, options,
    losses_for(options, losses), facts))
  if gradient then
    check(shared, lib.circlet_pair_backward(shared, 1, matrix_of(gradient, B, D), nil))
  end
  return facts.loss, facts_of(facts)
end

--- The same with class vectors w[c * D + j], c below C: labels name classes 1..C; gradients go to
-- both.
function circlet.circle_class_loss(x, labels, B, D, w, C, settings, gradient, gradient_w, losses)
  local kind = type_of { { "x", x or false, B * D }, { "w", w or false, C * D },
    { "gradient", gradient, B * D }, { "gradient_w", gradient_w, C * D }, { "losses", losses, B } }
  local options, facts = options_of(settings, 2), ffi.new "circlet_facts"
  shared = shared or new_context()
  local rows = ffi.new("circlet_rows", x, B, D, D, labels)
  local classes = ffi.new("circlet_rows", w, C, D, D, nil)
  check(shared, lib.circlet_pair_forward(shared, kind, rows, classes, options,
    losses_for(options, losses), facts))
  if gradient or gradient_w then
    check(shared, lib.circlet_pair_backward(shared, 1, matrix_of(gradient, B, D),
      matrix_of(gradient_w, C, D)))
  end
  return facts.loss, facts_of(facts)
end

--- Circle Loss of given similarities: positives[i * K + k] and negatives[i * L + l] of B anchors.
-- Both gradients or none.
function circlet.circle_similarity_loss(positives, negatives, B, K, L, settings, gradient_p,
  gradient_n, losses)
  local kind = type_of { { "positives", positives or false, B * K },
    { "negatives", negatives or false, B * L }, { "gradient_p", gradient_p, B * K },
    { "gradient_n", gradient_n, B * L }, { "losses", losses, B } }
  local options, facts = options_of(settings, 2), ffi.new "circlet_facts"
  shared = shared or new_context()
  check(shared, lib.circlet_similarity_loss(shared, kind,
    ffi.new("circlet_rows", positives, B, K, K, nil),
    ffi.new("circlet_rows", negatives, B, L, L, nil), options, 1, losses_for(options, losses),
    matrix_of(gradient_p, B, K), matrix_of(gradient_n, B, L), facts))
  return facts.loss, facts_of(facts)
end

-- The family. Numbers of a loss's own settings and choices go where circlet_loss has them.

local family_choices = {
  aggregate = choices.aggregate, similarity = choices.similarity,
  reduction = { mean = 0, mean_all = 1, sum = 2, none = 3, mean_nonzero = 4 },
  positives = { equal = 0, shared = 1, soft = 2 },
}

local family_numbers = { filter_eps = true, memory_budget = true, hardest_negatives = true,
  centres = true }

-- Where the loss's parameters stand, by name.
local function places_of(loss)
  local places = {}
  for place = 0, 7 do
    local name = lib.circlet_loss_parameter_name(loss, place)
    if name ~= nil then places[ffi.string(name)] = place end
  end
  return places
end

-- A parameter: a number, a boolean, double[?] with one for each query, or { by_label = double[?],
-- labels = how many }.
local function set_parameter(options, place, name, value)
  if type(value) == "number" then
    options.parameter[place] = value
  elseif type(value) == "boolean" then
    options.parameter[place] = value and 1 or 0
  elseif type(value) == "cdata" then
    options.own[place] = value
  elseif type(value) == "table" and value.by_label and value.labels then
    options.own[place], options.own_labels[place] = value.by_label, value.labels
  else
    error(("circlet: option %s must be a number, double[?] or { by_label =, labels = }"):format(
      name), 4)
  end
end

local function set_variant(options, name, value)
  if name == "measure" then
    options.variant = ({ distance = 0, similarity = 1 })[value]
      or error("circlet: option measure cannot be " .. tostring(value), 4)
  else
    options.variant = value and 1 or 0
  end
end

local function family_options(name, settings)
  local loss, options = lib.circlet_loss_named(name), ffi.new "circlet_loss"
  if loss < 0 then error("circlet: there is no loss " .. tostring(name), 3) end
  lib.circlet_loss_init(options, ffi.sizeof "circlet_loss", loss)
  local places, variant = places_of(loss), lib.circlet_loss_variant_name(loss)
  variant = variant ~= nil and ffi.string(variant)
  if settings.preset and lib.circlet_loss_preset(options, settings.preset) ~= 0 then
    error("circlet: there is no preset " .. tostring(settings.preset), 3)
  end
  for key, value in pairs(settings) do
    if places[key] then
      set_parameter(options, places[key], key, value)
    elseif key == variant then
      set_variant(options, key, value)
    elseif family_choices[key] then
      options[key] = family_choices[key][value]
        or error(("circlet: option %s cannot be %s"):format(key, tostring(value)), 3)
    elseif family_numbers[key] and type(value) == "number" then
      options[key] = value
    elseif key == "ignore_label" then
      options.ignores, options.ignore_label = 1, value
    elseif key == "weights" or key == "pair_weights" then
      options[key] = value
    elseif key == "pair_labels" then
      options.pair_labels = value
    elseif key ~= "preset" then
      error("circlet: there is no option " .. tostring(key), 3)
    end
  end
  return options
end

--- Any loss of the family, by its name in circlet.<name>_loss: "circle", "multi_similarity",
-- "triplet_all", "margin", ... `call` has the arrays of a call:
--
--     x, labels, B, D       queries; labels int64_t, [B * G] where `positives` asks for several
--     G                     labels a row (default 1)
--     refs, ref_labels, R, ref_G   references; without ref_labels they are classes
--     bias                  of "margin"
--     gradient, gradient_refs, gradient_bias, losses   filled where given
--
-- settings are the options of circlet.<name>_loss. Numbers of each anchor or partner are double[?]:
-- weights, pair_weights ([C * C] by label with pair_labels = C), and parameters, which may also be
-- { by_label = double[?], labels = C }. "proxy_anchor" has the class vectors as x, without labels,
-- and the rows as references. Returns the loss and the facts.
--
--     local loss = circlet.loss("supcon", { x = x, labels = labels, B = B, D = D,
--       gradient = gradient }, { temperature = 0.1 })
function circlet.loss(name, call, settings)
  local B, D, R = call.B, call.D, call.R or 0
  local kind = type_of { { "x", call.x or false, B * D }, { "refs", call.refs, R * D },
    { "bias", call.bias, 1 }, { "gradient", call.gradient, B * D },
    { "gradient_refs", call.gradient_refs, R * D }, { "losses", call.losses, B } }
  local options = family_options(name, settings or {})
  local facts = ffi.new "circlet_loss_facts"
  facts.size = ffi.sizeof "circlet_loss_facts"
  options.query_labels, options.reference_labels = call.G or 1, call.ref_G or 1
  options.bias = call.bias
  shared = shared or new_context()
  local rows = ffi.new("circlet_rows", call.x, B, D, D, call.labels)
  local refs = call.refs and ffi.new("circlet_rows", call.refs, R, D, D, call.ref_labels) or nil
  check(shared, lib.circlet_loss_forward(shared, kind, rows, refs, options,
    losses_for(options, call.losses), facts))
  if call.gradient or call.gradient_refs or call.gradient_bias then
    check(shared, lib.circlet_loss_backward(shared, 1, matrix_of(call.gradient, B, D),
      matrix_of(call.gradient_refs, R, D), call.gradient_bias))
  end
  local found = facts_of(facts)
  found.n_nonzero = tonumber(facts.n_nonzero)
  found.n_without_positive = tonumber(facts.n_without_positive)
  found.n_without_negative = tonumber(facts.n_without_negative)
  return facts.loss, found
end

-- Criterions for Torch7.

-- A package, or nil when it is not installed; one that is broken raises.
local function optional(name)
  local ok, package_or_error = pcall(require, name)
  if ok then return package_or_error end
  local absent = ("module '%s' not found"):format(name)
  if tostring(package_or_error):find(absent, 1, true) then return nil end
  error(package_or_error, 0)
end

local torch = optional "torch"
if not (torch and optional "nn") then return circlet end
local nn = require "nn"

-- What a criterion needs between forward and backward: its context, and the references, which the
-- library reads again. It is no field, so that criterions are plain data when saved and cloned.
local states = setmetatable({}, { __mode = "k" })

local function fail(criterion, ...)
  error(torch.typename(criterion) .. ": " .. string.format(...), 0)
end

-- The library's words for the arguments are those of C.
local function check_call(criterion, context, status)
  if status == 0 then return end
  local text = ffi.string(lib.circlet_last_error(context)):gsub("^circlet_[%a_]+: ", "")
  text = text:gsub("references%->labels", "ref_labels"):gsub("queries%->labels", "labels")
  fail(criterion, "%s", (text:gsub("references", "refs"):gsub("queries", "x")))
end

local reals = { ["torch.FloatTensor"] = 0, ["torch.DoubleTensor"] = 1 }

-- Rows of a tensor [rows, columns], or of a vector as one row, where they lie; a contiguous copy
-- where elements of a row are not adjacent. Returns pointer, rows, columns, row stride, tensor.
local function lay_out(criterion, name, tensor, kind, vectors)
  local got = torch.typename(tensor)
  if not reals[got] then
    fail(criterion, "%s must be a FloatTensor or a DoubleTensor, got %s", name, got or type(tensor))
  elseif kind and reals[got] ~= kind then
    fail(criterion, "%s must have the type of the other tensors, got %s", name, got)
  end
  local dims = tensor:dim()
  if dims ~= 2 and not (vectors and dims == 1) then
    fail(criterion, "%s must have 2 dimensions, got %d", name, dims)
  end
  local rows, columns = dims == 2 and tensor:size(1) or 1, tensor:size(dims)
  local adjacent = columns == 1 or tensor:stride(dims) == 1
  local stride = dims == 2 and rows > 1 and tensor:stride(1) or columns
  if not adjacent or stride < columns then tensor, stride = tensor:contiguous(), columns end
  return tensor:data(), rows, columns, stride, tensor
end

local label_types = { Long = true, Int = true, Short = true, Char = true, Byte = true,
  Float = true, Double = true }

-- Labels as int64_t, where they lie or copied, and what keeps them alive.
local function labels_of(criterion, name, tensor, rows)
  local kind = torch.typename(tensor)
  if not (kind and label_types[kind:match "^torch%.(%a+)Tensor$" or ""]) then
    fail(criterion, "%s must be a tensor of integers on the CPU, got %s", name,
      kind or type(tensor))
  elseif tensor:dim() > 1 or tensor:nElement() ~= rows then
    fail(criterion, "%s must have %d elements, one per row, got %s", name, rows,
      table.concat(tensor:size():totable(), "x"))
  elseif rows == 0 then
    return ffi.new("int64_t[?]", 1)
  end
  local data, stride = tensor:data(), tensor:stride(1)
  if kind == "torch.LongTensor" and stride == 1 and ffi.sizeof "long" == 8 then
    return ffi.cast("const int64_t *", data), tensor
  end
  local labels = ffi.new("int64_t[?]", rows)
  for i = 0, rows - 1 do
    local value = tonumber(data[i * stride])
    if value ~= math.floor(value) or value < 1 or value >= 2 ^ 63 then
      fail(criterion, "%s must hold integers >= 1, got %.17g at element %d", name, value, i + 1)
    end
    labels[i] = value
  end
  return labels
end

local function settings_of(criterion)
  local settings = {}
  for name, value in pairs(criterion.options) do settings[name] = value end
  settings.m, settings.gamma = criterion.m, criterion.gamma
  if criterion.sizeAverage == false then settings.reduction = "sum" end
  if settings.reduction == "none" then
    fail(criterion, "a criterion's output is one number, reduction cannot be \"none\"")
  end
  return options_of(settings, 4)
end

local function configure(criterion, m, gamma, options)
  criterion.m, criterion.gamma = m or 0.25, gamma or 256
  criterion.options, criterion.info, criterion.sizeAverage = {}, {}, true
  for name, value in pairs(options or {}) do criterion.options[name] = value end
end

-- The loss of x against itself, or against refs, whose labels may be nil: they are the classes.
local function forward(criterion, x, labels, refs, ref_labels, refs_name)
  local options, facts, keep = settings_of(criterion), ffi.new "circlet_facts", {}
  local data, B, D, stride
  data, B, D, stride, keep.x = lay_out(criterion, "x", x)
  local kind = reals[torch.typename(x)]
  keep.names, keep.labels = labels_of(criterion, "labels", labels, B)
  local rows, others = ffi.new("circlet_rows", data, B, D, stride, keep.names), nil
  if refs then
    local ref_data, R, columns, ref_stride, at = lay_out(criterion, refs_name, refs, kind)
    if ref_labels then
      keep.ref_names, keep.ref_labels = labels_of(criterion, "ref_labels", ref_labels, R)
    end
    -- a view of its own: whatever becomes of refs, what it shows stays allocated
    keep.refs, keep.ref_data = at.new(at), ref_data
    others = ffi.new("circlet_rows", ref_data, R, columns, ref_stride, keep.ref_names)
  end
  local state = states[criterion]
  if not state then
    state = { context = new_context() }
    states[criterion] = state
  end
  state.refs, state.ready = nil, false
  check_call(criterion, state.context, lib.circlet_pair_forward(state.context, kind, rows, others,
    options, nil, facts))
  state.refs, state.ref_data, state.ready = keep.refs, keep.ref_data, true
  criterion.output, criterion.info = facts.loss, facts_of(facts)
  return criterion.output
end

-- `tensor` made fit to hold a gradient of `like`, or a new one.
local function buffer(tensor, like)
  if torch.typename(tensor) ~= torch.typename(like) then tensor = like.new() end
  tensor:resizeAs(like)
  return tensor:isContiguous() and tensor or like.new():resizeAs(like)
end

local function matrix(tensor)
  if not tensor then return nil end
  local columns = tensor:size(tensor:dim())
  local rows = tensor:dim() == 2 and tensor:size(1) or 1
  return ffi.new("circlet_matrix", tensor:data(), rows, columns, columns)
end

local function backward(criterion, scale, grad_x, grad_refs)
  local state = states[criterion]
  if not (state and state.ready) then fail(criterion, "backward needs a forward pass first") end
  if state.refs and state.refs:data() ~= state.ref_data then
    fail(criterion, "the memory of the references was resized since forward")
  end
  check_call(criterion, state.context, lib.circlet_pair_backward(state.context, scale,
    matrix(grad_x), matrix(grad_refs)))
end

local function is_list(value) return type(value) == "table" and not torch.typename(value) end

local function two(value)
  if is_list(value) then return value[1], value[2] end
  return value, nil
end

local Circle, circle_parent = torch.class("nn.CircleCriterion", "nn.Criterion")

function Circle:__init(m, gamma, options)
  circle_parent.__init(self)
  configure(self, m, gamma, options)
end

function Circle:updateOutput(input, target)
  local x, refs = two(input)
  local labels, ref_labels = two(target)
  if (refs == nil) ~= (ref_labels == nil) then
    fail(self, "{x, refs} goes with {labels, ref_labels}")
  end
  return forward(self, x, labels, refs, ref_labels, "refs")
end

function Circle:updateGradInput(input)
  local x, refs = two(input)
  local grad_x, grad_refs = two(self.gradInput)
  grad_x, grad_refs = buffer(grad_x, x), refs and buffer(grad_refs, refs)
  backward(self, 1, grad_x, grad_refs)
  if not refs then
    self.gradInput = grad_x
  elseif is_list(self.gradInput) then
    self.gradInput[1], self.gradInput[2] = grad_x, grad_refs
  else
    self.gradInput = { grad_x, grad_refs }
  end
  return self.gradInput
end

function Circle:__tostring__()
  return ("%s(m=%g, gamma=%g)"):format(torch.typename(self), self.m, self.gamma)
end

local Class, class_parent = torch.class("nn.CircleClassCriterion", "nn.Criterion")

function Class:__init(dim, classes, m, gamma, options)
  class_parent.__init(self)
  configure(self, m, gamma, options)
  self.weight, self.gradWeight = torch.Tensor(classes, dim), torch.Tensor(classes, dim):zero()
  self:reset()
end

function Class:reset()
  self.weight:normal(0, 1)
  return self
end

function Class:updateOutput(input, target)
  return forward(self, input, target, self.weight, nil, "weight")
end

-- The gradient of class vectors: a buffer that stays with the context.
local function weight_gradient(criterion)
  local state = states[criterion]
  if not state then fail(criterion, "backward needs a forward pass first") end
  state.gradient = buffer(state.gradient, criterion.weight)
  return state.gradient
end

function Class:updateGradInput(input)
  self.gradInput = buffer(self.gradInput, input)
  backward(self, 1, self.gradInput, nil)
  return self.gradInput
end

function Class:accGradParameters(_, _, scale)
  local gradient = weight_gradient(self)
  backward(self, 1, nil, gradient)
  self.gradWeight:add(scale or 1, gradient)
end

function Class:backward(input, _, scale)
  local gradient = weight_gradient(self)
  self.gradInput = buffer(self.gradInput, input)
  backward(self, 1, self.gradInput, gradient)
  self.gradWeight:add(scale or 1, gradient)
  return self.gradInput
end

function Class:parameters() return { self.weight }, { self.gradWeight } end
function Class:zeroGradParameters() self.gradWeight:zero() end
function Class:updateParameters(rate) self.weight:add(-rate, self.gradWeight) end

function Class:__tostring__()
  return ("%s(%d -> %d, m=%g, gamma=%g)"):format(torch.typename(self), self.weight:size(2),
    self.weight:size(1), self.m, self.gamma)
end

local Similarity, similarity_parent = torch.class("nn.CircleSimilarityCriterion", "nn.Criterion")

function Similarity:__init(m, gamma, options)
  similarity_parent.__init(self)
  configure(self, m, gamma, options)
  self.gradInput = {}
end

-- The loss, and its gradients when both are given.
local function similarity_loss(criterion, input, grad_p, grad_n)
  local options, facts = settings_of(criterion), ffi.new "circlet_facts"
  if not is_list(input) then fail(criterion, "the input must be {s_p, s_n}") end
  local p, B, K, p_stride, keep_p = lay_out(criterion, "s_p", input[1], nil, true)
  local kind = reals[torch.typename(input[1])]
  local n, rows, L, n_stride, keep_n = lay_out(criterion, "s_n", input[2], kind, true)
  shared = shared or new_context()
  check_call(criterion, shared, lib.circlet_similarity_loss(shared, kind,
    ffi.new("circlet_rows", p, B, K, p_stride, nil), ffi.new("circlet_rows", n, rows, L, n_stride,
    nil), options, 1, nil, matrix(grad_p), matrix(grad_n), facts))
  return facts, keep_p, keep_n -- which the call has needed
end

function Similarity:updateOutput(input)
  local facts = similarity_loss(self, input)
  self.output, self.info = facts.loss, facts_of(facts)
  return self.output
end

function Similarity:updateGradInput(input)
  for i = 1, 2 do self.gradInput[i] = buffer(self.gradInput[i], input[i]) end
  similarity_loss(self, input, self.gradInput[1], self.gradInput[2])
  return self.gradInput
end

function Similarity:__tostring__()
  return ("%s(m=%g, gamma=%g)"):format(torch.typename(self), self.m, self.gamma)
end

circlet.CircleCriterion, circlet.CircleClassCriterion = nn.CircleCriterion, nn.CircleClassCriterion
circlet.CircleSimilarityCriterion = nn.CircleSimilarityCriterion

return circlet
