--- Data and bars for the specs of Circle Loss: every kind of batch that its accuracy is asked
-- about, and the one place where the tolerances stand.
local circlet = require "circlet"
local core = require "circlet.core"

local cases = {}

cases.batches = { 0, 1, 2, 3, 5, 64, 257, 1000 }
cases.dimensions = { 1, 2, 3, 31, 64, 128 }
cases.gammas = { 1, 80, 256, 1e4 }
cases.margins = { -0.2, 0, 0.25, 0.4, 1 }
cases.kinds = { "random", "clustered", "duplicated", "same", "distinct", "zero", "tiny", "huge" }

--- Every combination of { key = list of values, ... }, as { options, "key=value key=value" }.
function cases.combinations(axes)
  local keys, list = {}, { { {}, "" } }
  for key in pairs(axes) do keys[#keys + 1] = key end
  table.sort(keys)
  for _, key in ipairs(keys) do
    local longer = {}
    for _, entry in ipairs(list) do
      for _, value in ipairs(axes[key]) do
        local options = { [key] = value }
        for k, v in pairs(entry[1]) do options[k] = v end
        longer[#longer + 1] = { options, ("%s %s=%s"):format(entry[2], key, value) }
      end
    end
    list = longer
  end
  return list
end

--- Labels 1..C in no order, from a large class to classes of one row (golden-ratio steps, skewed).
function cases.labels(B)
  local classes, list = math.max(2, B // 3), {}
  for i = 1, B do list[i] = math.floor(classes * (i * 0.6180339887498949 % 1) ^ 2) + 1 end
  return list
end

--- x: FloatTensor [B,D], labels: LongTensor [B] of the given kind.
function cases.make(kind, B, D, seed)
  if B == 0 then return circlet.FloatTensor(0, D), circlet.LongTensor() end
  circlet.manualSeed(seed or 1)
  local labels = cases.labels(B)
  local rows = circlet.randn(B, D):totable()
  if kind == "clustered" then
    local centres = circlet.randn(B, D):totable()
    for i, row in ipairs(rows) do
      for d = 1, D do row[d] = centres[labels[i]][d] + 0.3 * row[d] end
    end
  elseif kind == "duplicated" then -- three of each, in the same class and in others
    local distinct = (B + 2) // 3
    for i = 1, B do rows[i] = rows[5 * i % distinct + 1] end
  elseif kind == "same" then
    for i = 1, B do labels[i] = 7 end
  elseif kind == "distinct" then
    for i = 1, B do labels[i] = B + 1 - i end
  elseif kind == "zero" then
    for i = 1, B, 7 do for d = 1, D do rows[i][d] = 0 end end
  elseif kind == "tiny" or kind == "huge" then
    local scale = kind == "tiny" and 1e-30 or 1e30
    for i, row in ipairs(rows) do
      for d = 1, D do row[d] = row[d] * scale * (1 + i % 3) end
    end
  end
  return circlet.FloatTensor(rows), circlet.LongTensor(labels)
end

--- |a-b| and |b| over all elements, Euclidean.
local function distance(a, b)
  if b:nElement() == 0 then return 0, 0 end
  local x = a:double():contiguous():view(-1):totable()
  local y = b:double():contiguous():view(-1):totable()
  local difference, norm = 0, 0
  for i = 1, #y do
    difference = difference + (x[i] - y[i]) ^ 2
    norm = norm + y[i] ^ 2
  end
  return math.sqrt(difference), math.sqrt(norm)
end

local epsilon = { Float = 2 ^ -23, Double = 2 ^ -52 }

--- What is wrong with a loss and gradients of type `dtype`, or nil.
--
-- got, truth: { loss = number, grads = { tensor [, tensor] } }, truth with the oracle's `facts`;
-- plain: a function that returns what the plain float32 version gives, in the same form; nil when
-- similarities are given, where all of float32's range is the weights'.
--
-- The bars: a gradient within 1e-11 (Double) or 3e-6 * max(1, gamma/256) (Float) of its length, a
-- loss within 1e-13 or 5e-8. Data on which arithmetic of that type cannot do so are degenerate, and
-- it is measured whether they are:
-- - cancelling: the gradient is below a thousandth of the length that its terms have without their
--   signs (in one dimension the true gradient is zero). Held to four last bits of those terms.
-- - in the tail of softplus: the loss is small against the sum of its derivatives by similarities,
--   whose last bits then decide its digits. Held, in Double, to four of those bits. In Float to
--   twice the error of the plain version, or, since one number may be right by luck, to one such
--   bit, half of it from the rows and half from the product. A half bit, 2^-24, moves a logit by
--   up to 2*gamma*2^-24, and a gradient by that part of its length.
-- - small: the loss is below gamma/16, what is left of two logits that are multiples of gamma. In
--   Float the loss is held to twice the error of the plain version.
-- - vanishing: weights of pairs near or below the smallest float32, 2^-126. Held to twice the error
--   of the plain version, or to that smallest number for each pair.
function cases.fault(dtype, opts, got, truth, plain)
  local float, eps = dtype == "Float", epsilon[dtype]
  local gamma, facts = opts.gamma or 256, truth.facts
  local scales = { facts.scale_x, facts.scale_refs }
  local tail = facts.loss_scale > 5 * truth.loss
  local vanishing = float and facts.loss_scale < 2 ^ -100
  for k, expected in ipairs(truth.grads) do
    local grad = got.grads[k]
    if grad:type() ~= "circlet." .. dtype .. "Tensor" then return "gradient " .. grad:type() end
    if not grad:isSameSizeAs(expected) and expected:nElement() > 0 then
      return "gradient has another size"
    end
    local err, norm = distance(grad, expected)
    local bar = norm * (float and 3e-6 * math.max(1, gamma / 256) or 1e-11)
    local cancels = norm < 1e-3 * scales[k]
    if cancels then bar = math.max(bar, 4 * eps * scales[k]) end
    if float then -- each element is rounded to the grid of subnormal floats at best
      bar = math.max(bar, expected:nElement() ^ 0.5 * 2 ^ -150)
    end
    if float and tail then bar = math.max(bar, 2 * gamma * 2 ^ -24 * norm) end
    if vanishing then
      -- by how much a weight is multiplied on its way into the gradient: 1 for given similarities
      local factor = scales[k] > 0 and scales[k] / facts.loss_scale or 1
      bar = math.max(bar, expected:nElement() ^ 2 * 2 ^ -126 * factor)
    end
    if float and err > bar and (cancels or tail or vanishing) and plain then
      bar = math.max(bar, 2 * distance(plain().grads[k], expected))
    end
    if err ~= err or err > bar then
      return ("gradient %d: error %.3g of %.3g, allowed %.3g"):format(k, err, norm, bar)
    end
  end
  local err, bar = math.abs(got.loss - truth.loss), truth.loss * (float and 5e-8 or 1e-13)
  if tail then bar = math.max(bar, (float and 1 or 4) * eps * facts.loss_scale) end
  if float and err > bar and (tail or truth.loss < gamma / 16) and plain then
    bar = math.max(bar, 2 * math.abs(plain().loss - truth.loss))
  end
  if err ~= err or err > bar then
    return ("loss: error %.3g of %.17g, allowed %.3g"):format(err, truth.loss, bar)
  end
end

local function pack(loss, grads, facts)
  return { loss = loss, grads = type(grads) == "table" and grads or { grads }, facts = facts }
end

--- Compares `circle_loss` (default: the public one) with the oracle on the same arguments, in each
-- of the given types (default: both). x and refs are Float tensors. Raises with all particulars.
function cases.compare(name, x, labels, opts, types)
  local truth = pack(core.ref_circle_loss(x, labels, opts))
  local function plain()
    local loss, grad_x, grad_refs = core.ref_circle_plain(x, labels, opts)
    return { loss = loss, grads = { grad_x, grad_refs } }
  end
  for _, dtype in ipairs(types or { "Float", "Double" }) do
    local as = dtype:lower()
    local input = type(x) == "table" and { x[1][as](x[1]), x[2][as](x[2]) } or x[as](x)
    local got = pack(circlet.circle_loss(input, labels, opts))
    local fault = cases.fault(dtype, opts, got, truth, plain)
    if fault then error(("%s %s: %s"):format(name, dtype, fault), 2) end
    if got.facts.n_valid ~= truth.facts.n_valid then
      error(("%s %s: %s valid anchors, not %s"):format(name, dtype, got.facts.n_valid,
        truth.facts.n_valid), 2)
    end
  end
end

return cases
