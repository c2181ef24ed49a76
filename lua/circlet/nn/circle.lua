--- What criterions of the loss family share: settings, and the two halves of a pass. A class says
-- by its field `pair_loss` which loss is meant; Circle Loss when there is none.
--
-- A criterion's context (sorted unit rows and running sums of the last forward) lives outside of
-- its fields, which stay plain data: they can be saved, cloned and converted.
local core = require "circlet.core"

local circle = {}

local contexts = setmetatable({}, { __mode = "k" })

--- Stores m and gamma (nil: the loss has none, or they are among the options) and a copy of the
-- options in a criterion.
function circle.configure(criterion, m, gamma, options)
  criterion.m, criterion.gamma = m, gamma
  criterion.options = {}
  for name, value in pairs(options or {}) do criterion.options[name] = value end
  criterion.info = {}
  criterion.sizeAverage = true
end

--- The options of a call, as circlet.circle_loss takes them.
function circle.options(criterion)
  local options = { m = criterion.m, gamma = criterion.gamma }
  for name, value in pairs(criterion.options) do options[name] = value end
  if criterion.sizeAverage == false then options.reduction = "sum" end
  if options.reduction == "none" then
    error(criterion.__typename .. ": a criterion's output is one number; reduction \"none\" is " ..
      "for circlet." .. (criterion.pair_loss or "circle") .. "_loss", 4)
  end
  return options
end

--- refs with ref_labels nil: class vectors, and perhaps a bias for each class.
function circle.forward(criterion, x, labels, refs, ref_labels, bias)
  local context = contexts[criterion]
  if not context then
    context = core.pair_context(criterion.pair_loss)
    contexts[criterion] = context
  end
  criterion.output, criterion.info = context:forward(criterion.__typename,
    circle.options(criterion), x, labels, refs, ref_labels, bias)
  return criterion.output
end

--- Gradients of the last forward into grad_x, grad_refs and grad_bias, each of which may be nil.
function circle.backward(criterion, grad_x, grad_refs, grad_bias)
  local context = contexts[criterion]
  if not context then
    error(criterion.__typename .. ": backward needs a forward pass first", 3)
  end
  context:backward(criterion.__typename, 1, grad_x, grad_refs, grad_bias)
  if criterion.options.diagnostics then context:diagnose(criterion.info) end
end

--- `tensor` when it can hold a gradient of `like`, else a new tensor of like's type.
function circle.buffer(tensor, like)
  if core.isTensor(tensor) and tensor:type() == like:type() then return tensor end
  return like.new()
end

return circle
