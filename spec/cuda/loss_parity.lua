--- What the parity specs share: tensors on a GPU and their types, the oracle of core/ref as the
-- truth, and how far from it arithmetic of each precision may lead.
--
-- CIRCLET_PARITY=cpu runs the specs with tensors of the CPU in place of those of a GPU: a check of
-- the specs themselves, on machines without one.
local circlet = require "circlet"
local core = require "circlet.core"
local family = require "spec.loss.family_cases"

local parity = {}

parity.on_cpu = os.getenv "CIRCLET_PARITY" == "cpu"

local stand_in = { cuda = "float", cudaDouble = "double", cudaLong = "long" }

--- The types of embeddings on a GPU, as their conversions are called: `unit` is half the spacing of
-- numbers above 1 (to which a result is rounded), `least` half that of the smallest, `compute` the
-- unit of the arithmetic.
parity.types = {
  { as = "cuda", unit = 2 ^ -24, least = 2 ^ -150, compute = 2 ^ -24 },
  { as = "cudaDouble", unit = 2 ^ -53, least = 0, compute = 2 ^ -53 },
  { as = "cudaHalf", unit = 2 ^ -11, least = 2 ^ -25, compute = 2 ^ -24, narrow = true },
  { as = "cudaBFloat16", unit = 2 ^ -8, least = 2 ^ -134, compute = 2 ^ -24, narrow = true },
}
if parity.on_cpu then parity.types[4], parity.types[3] = nil, nil end

--- The entry of parity.types.
function parity.type(as)
  for _, entry in ipairs(parity.types) do
    if entry.as == as then return entry end
  end
end

--- A tensor on the GPU, of the type that the conversion `as` ("cuda", "cudaHalf", ...) names.
function parity.to(t, as)
  local name = parity.on_cpu and stand_in[as] or as
  return t[name](t)
end

local said = false

--- describe(name, body), where there is a GPU; without one, the first call of a file leaves one
-- skipped spec in place of all. busted gives `describe` and `pending` to spec files alone.
function parity.describe(describe, pending, name, body)
  local available, reason = circlet.cuda.available()
  if available or parity.on_cpu then return describe(name, body) end
  if not said then pending("needs a GPU: " .. reason) end
  said = true
end

local lacking = {}

--- Calls f(...); nil when it raised that the GPU lacks something, which lacked() then tells.
function parity.try(what, f, ...)
  local results = table.pack(pcall(f, ...))
  if results[1] then return table.unpack(results, 2, results.n) end
  local message = tostring(results[2])
  if not message:find("GPU", 1, true) or message:find("CUDA:", 1, true) then
    error(("%s: %s"):format(what, message), 2)
  end
  lacking[#lacking + 1] = message
  return nil
end

--- At the end of a spec: skips it, out loud, when the GPU lacked something that it tried.
function parity.lacked(pending)
  local list, seen = {}, {}
  for _, message in ipairs(lacking) do
    if not seen[message] then list[#list + 1] = message end
    seen[message] = true
  end
  lacking = {}
  if #list > 0 then pending(table.concat(list, "\n")) end
end

--- Rows in layouts that kernels must not be confused by: contiguous, the transpose of a transpose,
-- every second column of a wider tensor from an odd offset on, and every third row.
function parity.layouts(x)
  local B, D = x:size(1), x:size(2)
  local wide = x:new(B + 1, 2 * D + 1):fill(99)
  local columns = x.new(wide:storage(), 2 * D + 3, B, 2 * D + 1, D, 2)
  columns:copy(x)
  local tall = x.new(3 * B, D):fill(99)
  local rows = x.new(tall:storage(), 1, B, 3 * D, D, 1)
  rows:copy(x)
  return { x, x:t():clone():t(), columns, rows }
end

function parity.with(...)
  local all = {}
  for _, from in ipairs { ... } do
    for key, value in pairs(from) do all[key] = value end
  end
  return all
end

function parity.describe_options(options)
  local list = {}
  for key, value in pairs(options) do
    list[#list + 1] = key .. "=" .. (type(value) == "userdata" and "tensor" or tostring(value))
  end
  table.sort(list)
  return table.concat(list, " ")
end

function parity.number(loss) return type(loss) == "number" and loss or loss:double():sum() end

local function list_of(grads) return type(grads) == "table" and grads or { grads } end

--- |a - b| over all elements, Euclidean.
function parity.distance(a, b)
  if b:nElement() == 0 then return 0 end
  return (a:double() - b:double()):norm()
end

-- By how much a logit may change with its similarity.
-- Circle Loss: l = gamma (s + m) (s - m), whose slope is 2 gamma s, and 2 gamma (s - 1) for
-- positives down to s = -1.
local function circle_sharpness(opts) return 4 * (opts.gamma or 256) end

--- Losses by name: { call(x or {x, second}, labels, opts), truth (the oracle, called alike),
-- sharp(opts), floor, classes }.
parity.losses = {
  circle = {
    call = circlet.circle_loss, truth = core.ref_circle_loss, sharp = circle_sharpness,
  },
  circle_class = {
    call = circlet.circle_class_loss, sharp = circle_sharpness, classes = true,
    truth = function(input, labels, opts)
      return core.ref_circle_class_loss(input[1], input[2], labels, opts)
    end,
  },
  margin = {
    call = circlet.margin_loss, classes = true,
    sharp = function(opts) return opts.scale or 64 end,
    truth = function(input, labels, opts)
      return core.ref_margin_loss(input[1], input[2], labels,
        parity.with({ monotone = true }, opts), input[3])
    end,
  },
  proxy_anchor = {
    call = circlet.proxy_anchor_loss, classes = true,
    sharp = function(opts) return opts.scale or 32 end,
    truth = function(input, labels, opts)
      local loss, grads, facts = core.ref_proxy_anchor_loss(input[1], input[2], labels, opts)
      facts.n_valid = input[2]:size(1) -- every proxy has a part of the loss
      return loss, grads, facts
    end,
  },
}
for _, entry in ipairs(family.losses) do
  parity.losses[entry.name] = {
    call = circlet[entry.name .. "_loss"], sharp = entry.sharp, floor = entry.floor,
    truth = function(input, labels, opts)
      return core.ref_pair_loss(entry.name, input, labels, opts)
    end,
  }
end

local function each(input, f)
  if type(input) ~= "table" then return f(input) end
  local list = {}
  for i, t in ipairs(input) do list[i] = f(t) end
  return list
end

parity.each = each

-- How far a loss and its gradients may be from the truth, from the arithmetic alone.
--
-- A similarity errs by e: rows are rounded twice on their way to length 1, and the D products of
-- two rows are summed in some order, which comes to sqrt(D) units by chance and to 2 sqrt(D) where
-- errors lean one way (D units are the worst that can be, and never seen). That changes a loss by
-- e * loss_scale, a weight by sharpness * e of itself, and a gradient by that part of the length
-- which its terms have without their signs. Logits are rounded to some units of the largest of
-- them, which is below the sharpness, logarithms and sums to some of the loss. `size`: how long the
-- rows are where similarities are not cosines.
local function bars(kind, loss, opts, D, size, facts, value)
  local u = kind.compute
  local sharp, floor = loss.sharp(opts), loss.floor or 0
  local e = (4 + 2 * D ^ 0.5) * u * (size or 1)
  local logits = 8 * u * (sharp + math.abs(value))
  return e * (facts.loss_scale + floor * sharp) + 4 * u * (4 * math.abs(value) + sharp) + 2 ^ -126,
    2 * e * (1 + sharp) + logits, 8 * e * floor * sharp
end

-- Whether a type has room for all numbers of some tensors: half ends at 65504.
local function has_room(kind, input)
  local room = true
  each(input, function(t)
    room = room and (kind.as ~= "cudaHalf" or t:nElement() == 0 or t:double():abs():max() <= 65504)
    return t
  end)
  return room
end

-- Of losses beside the CPU's, in double on the same rows: how far a loss may be off, of itself or
-- of 1, and a gradient, of its length. In float32 a gradient at gamma 32 is within 2e-5 where it is
-- at gamma 256, and sums are of many terms; in double similarities err by some units, 2^-53 each,
-- and logits that turn them to weights by up to 4 * 64 times as much.
local beside_bars = {
  [2 ^ -24] = { loss = 1e-6, gradient = 2e-5 },
  [2 ^ -53] = { loss = 1e-12, gradient = 1e-11 },
}

--- The same call on both, labels and options alike. as: of parity.types, "cuda" unless given.
-- Integers among the facts must be the same. Returns the facts of both, nil when the GPU lacks
-- something.
function parity.beside(name, input, labels, opts, as)
  local loss_of, kind = circlet[name .. "_loss"], parity.type(as or "cuda")
  if not kind then return nil end -- a type that a stand-in on the CPU has not
  local there = each(input, function(t) return parity.to(t, kind.as) end)
  local loss, grads, info = loss_of(each(there, function(t) return t:double() end), labels, opts)
  local what = ("%s %s %s"):format(name, kind.as, parity.describe_options(opts))
  local got, got_grads, got_info = parity.try(what, loss_of, there, labels, opts)
  if not got then return nil end
  local allowed = beside_bars[kind.compute]
  loss, got = parity.number(loss), parity.number(got)
  assert(math.abs(got - loss) <= allowed.loss * math.max(1, math.abs(loss)),
    ("%s: loss %.17g, not %.17g"):format(what, got, loss))
  grads, got_grads = list_of(grads), list_of(got_grads)
  assert(#grads == #got_grads, what .. ": number of gradients")
  for k, grad in ipairs(grads) do
    local off = parity.distance(got_grads[k], grad)
    local length = grad:nElement() > 0 and grad:norm() or 0
    local bar = (allowed.gradient + (kind.narrow and kind.unit or 0)) * length
      + grad:nElement() ^ 0.5 * kind.least + 1e-12
    assert(off <= bar, ("%s: gradient %d of %.3g off by %.3g, allowed %.3g"):format(what, k, length,
      off, bar))
  end
  for key, value in pairs(info) do
    if math.type(value) == "integer" then
      assert(value == got_info[key], ("%s: %s %s, not %d"):format(what, key, got_info[key], value))
    end
  end
  return info, got_info
end

--- Compares a loss of the GPU with the oracle. name: of parity.losses; x, labels, opts: the
-- arguments, on the CPU; settings: types (names of conversions), size (see bars), labels_as
-- ("cudaLong": labels on the GPU, too), what (for messages).
function parity.compare(name, input, labels, opts, settings)
  settings = settings or {}
  local loss, known = parity.losses[name], nil
  for _, kind in ipairs(parity.types) do
    local wanted = not settings.types
    for _, as in ipairs(settings.types or {}) do wanted = wanted or as == kind.as end
    if wanted and has_room(kind, input) then
      local what = ("%s %s %s %s"):format(name, kind.as, settings.what or "",
        parity.describe_options(opts))
      local there = each(input, function(t) return parity.to(t, kind.as) end)
      -- what the GPU is given, in double: a narrow type has rounded it, the others have not
      local truth = not kind.narrow and known
      if not truth then
        local exact = each(there, function(t) return t:double() end)
        truth = { loss.truth(exact, labels, opts) }
        if not kind.narrow then known = truth end
      end
      local marks = settings.labels_as
        and each(labels, function(t) return parity.to(t, settings.labels_as) end) or labels
      local got, got_grads, info = parity.try(what, loss.call, there, marks, opts)
      if got then
        parity.judge(what, kind, loss, opts, settings, { got, got_grads, info }, truth, there)
      end
    end
  end
end

--- The comparison itself: got and truth are { loss, gradients, facts }.
function parity.judge(what, kind, loss, opts, settings, got, truth, there)
  local D = list_of(there)[1]:dim() == 2 and list_of(there)[1]:size(2) or 1
  local value = parity.number(truth[1])
  local loss_bar, grad_bar, least = bars(kind, loss, opts, D, settings.size, truth[3], value)
  local n_anchors = math.max(1, truth[3].n_anchors)
  if type(got[1]) ~= "number" then -- a tensor of losses, rounded each
    loss_bar = loss_bar * n_anchors ^ 0.5 + kind.unit * math.abs(value)
  end
  local err = math.abs(parity.number(got[1]) - value)
  assert(err <= loss_bar, ("%s: loss %.17g, not %.17g: error %.3g, allowed %.3g"):format(what,
    parity.number(got[1]), value, err, loss_bar))
  assert(got[3].n_valid == truth[3].n_valid, ("%s: %s valid anchors, not %s"):format(what,
    got[3].n_valid, truth[3].n_valid))
  local scales = { truth[3].scale_x, truth[3].scale_refs, truth[3].loss_scale }
  local expected = list_of(truth[2])
  assert(#list_of(got[2]) == #expected, what .. ": number of gradients")
  for k, grad in ipairs(list_of(got[2])) do
    local input = list_of(there)[k]
    assert(grad:type() == input:type(), ("%s: gradient %d is a %s"):format(what, k, grad:type()))
    assert(grad:getDevice() == input:getDevice(), what .. ": the gradient's device")
    local off, length = parity.distance(grad, expected[k]), expected[k]:nElement() > 0
      and expected[k]:norm() or 0
    local n = grad:nElement() ^ 0.5
    -- weights below the normal range of float32 may be lost
    local bar = grad_bar * scales[k] + least + kind.unit * length + n * kind.least
      + (kind.compute > 2 ^ -53 and n * 2 ^ -126 * math.max(1, scales[k]) or 0)
    assert(off <= bar, ("%s: gradient %d of %.3g: error %.3g, allowed %.3g"):format(what, k, length,
      off, bar))
  end
end

return parity
