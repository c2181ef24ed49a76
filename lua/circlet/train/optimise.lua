--- One step of training, which all training runs take: forward, loss, backward, Adam.
-- @internal
local circlet = require "circlet"
local optim = circlet.optim

local optimise = {}

local function no_mark() end

--- What is trained: flat views of the model's parameters and, of a class-level loss, its class
-- vectors, each with the gradients and the state of its optimiser.
-- @internal
-- @param model nn.Module
-- @param criterion nn.Criterion
-- @param learning_rate? number of Adam; nil: the states are set by the caller
-- @return table list of { weights, gradients, optimiser }
function optimise.parts(model, criterion, learning_rate)
  local weights, gradients = model:getParameters()
  local parts = { { weights = weights, gradients = gradients } }
  if criterion.weight then
    parts[2] = { weights = criterion.weight, gradients = criterion.gradWeight }
  end
  for _, part in ipairs(parts) do
    part.optimiser = learning_rate and { learningRate = learning_rate }
  end
  return parts
end

--- One batch forward and backward and one step of Adam on all parts.
-- @internal
-- @param run table model, criterion, parts
-- @param inputs circlet.Tensor
-- @param labels circlet.LongTensor
-- @param mark? fun(name: string) called at the end of each phase
-- @param seen? function called when the loss is known
-- @return number loss
function optimise.step(run, inputs, labels, mark, seen)
  mark = mark or no_mark
  local embeddings = run.model:forward(inputs)
  mark "forward"
  local loss = run.criterion:forward(embeddings, labels)
  mark "loss"
  if seen then seen() end
  for _, part in ipairs(run.parts) do part.gradients:zero() end
  local gradient = run.criterion:backward(embeddings, labels)
  mark "loss backward"
  run.model:backward(inputs, gradient)
  mark "backward"
  for _, part in ipairs(run.parts) do
    optim.adam(function() return loss, part.gradients end, part.weights, part.optimiser)
  end
  mark "Adam"
  return loss
end

return optimise
