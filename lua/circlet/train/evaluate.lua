--- Embeddings of many inputs, and how well they retrieve.
local circlet = require "circlet"

local evaluate = {}

local block = 1000 -- rows embedded at once

--- The embeddings [N, dim] of inputs by a model, which is left in the mode it was in. They lie
-- where the model does; the inputs may lie elsewhere.
-- @param model nn.Module
-- @param inputs circlet.Tensor
-- @return circlet.Tensor embeddings
-- @example
-- circlet.train.evaluate.embed(nn.Linear(6, 3), circlet.rand(40, 6)):size()    --> {40, 3}
function evaluate.embed(model, inputs)
  local n, embeddings = inputs:size(1), nil
  local training = model.train ~= false
  model:evaluate()
  for first = 1, n, block do
    local rows = math.min(block, n - first + 1)
    local input = inputs:narrow(1, first, rows)
    if input:type() ~= model:type() then input = input:type(model:type()) end
    local output = model:forward(input)
    embeddings = embeddings or output.new():resize(n, output:size(2))
    embeddings:narrow(1, first, rows):copy(output)
  end
  if training then model:training() end
  return embeddings
end

--- Leave-one-out retrieval within embeddings [N, dim]: { recall_at_1, r_precision, map_at_r }, each
-- in 0..1.
-- @param embeddings circlet.Tensor [N, dim]
-- @param labels circlet.LongTensor [N]
-- @return table measures
-- @example
-- local labels = circlet.range(0, 39):fmod(4):add(1):long()
-- local split = { inputs = circlet.rand(40, 6), labels = labels }
-- circlet.train.evaluate.measure(split.inputs, split.labels).map_at_r <= 1    --> true
function evaluate.measure(embeddings, labels)
  local found = circlet.metrics.retrieval(embeddings, labels,
    { k = 1, measures = { "recall", "r_precision", "map_at_r" } })
  return { recall_at_1 = found.recall[1], r_precision = found.r_precision,
           map_at_r = found.map_at_r }
end

--- The same, and nmi: of a k-means clustering (the best of three runs) with as many clusters as
-- there are labels. A published table has both.
-- @param embeddings circlet.Tensor [N, dim]
-- @param labels circlet.LongTensor [N]
-- @return table measures
-- @example
-- local labels = circlet.range(0, 39):fmod(4):add(1):long()
-- local split = { inputs = circlet.rand(40, 6), labels = labels }
-- circlet.train.evaluate.table(split.inputs, split.labels).nmi <= 1    --> true
function evaluate.table(embeddings, labels)
  local found = evaluate.measure(embeddings, labels)
  found.nmi = circlet.metrics.clustering(embeddings, labels, { restarts = 3 }).nmi
  return found
end

--- The measures of a split { inputs, raw, labels } of a task under a model, or of the raw inputs
-- (pixels as they were read) when there is no model. measure: evaluate.measure (default) or
-- evaluate.table.
-- @param split table
-- @param model? nn.Module
-- @param measure? function
-- @return table measures
-- @example
-- local labels = circlet.range(0, 39):fmod(4):add(1):long()
-- local split = { inputs = circlet.rand(40, 6), labels = labels }
-- local task = circlet.train.task.new("tiny", split, split)
-- circlet.train.evaluate.split(task.test, nn.Linear(6, 3)).recall_at_1 <= 1    --> true
function evaluate.split(split, model, measure)
  measure = measure or evaluate.measure
  if model then return measure(evaluate.embed(model, split.inputs), split.labels) end
  local raw = split.raw:float()
  local n = raw:size(1)
  return measure(raw:view(n, raw:nElement() // n), split.labels)
end

return evaluate
