--- nn.CrossBatchMemory(criterion, size [, options]): a pair-wise criterion whose references are the
-- embeddings of earlier batches, so that the loss sees far more pairs than a batch holds.
--
-- Keeps the last `size` rows and labels that training has seen in a ring. forward(x, labels), with
-- x [B, D] and labels [B], is
--
--     memory_weight * criterion({ x, history }, { labels, history_labels })
--       + batch_weight * criterion(x, labels)
--
-- where history is the concatenation of the batches before this one, cut to its last `size` rows:
-- the embeddings as they were then, without gradient. gradInput is the gradient by x. backward ends
-- a step: after it the batch belongs to the history (forward alone, as in validation, leaves the
-- memory as it is). While the history is empty its term is 0.
--
-- options: memory_weight (default 1), batch_weight (default 0; 1 adds the loss within the batch, as
-- the paper does). criterion: any that takes { x, references }, such as nn.CircleCriterion; it must
-- have no parameters. Beside `output` stand memory_output and batch_output, and `info`, that of the
-- memory's term. `count` is how many rows are held; clear() forgets them. Old embeddings lag behind
-- the model: start after some epochs, or with a low learning rate.
--
-- The memory is part of the criterion: save and clone keep it. Raises for what the criterion raises
-- for, and for rows of another length or type than those held.
-- Wang, Zhang, Huang and Scott, "Cross-Batch Memory for Embedding Learning", CVPR 2020.
-- @param criterion nn.PairCriterion
-- @param size integer rows that are remembered
-- @param options? table batch_weight (0), memory_weight (1)
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- local x, labels = circlet.randn(8, 4), circlet.LongTensor { 1, 1, 2, 2, 3, 3, 4, 4 }
-- local criterion = nn.CrossBatchMemory(nn.CircleCriterion(0.25, 80), 16)
-- criterion:forward(x, labels)            --> 0...
-- criterion:backward(x, labels)
-- criterion:forward(x, labels) > 0        --> true
local circlet = require "circlet"
local class = require "circlet.class"
require "circlet.nn.Criterion"

local CrossBatchMemory, parent = class("nn.CrossBatchMemory", "nn.Criterion")

local function fail(message, ...) error("nn.CrossBatchMemory: " .. message:format(...), 3) end

function CrossBatchMemory:__init(criterion, size, options)
  parent.__init(self)
  if not class.is(criterion, "nn.Criterion") or criterion.parameters then
    fail("a criterion without parameters expected, got %s", class.type(criterion))
  end
  if math.tointeger(size) == nil or size < 1 then
    fail("the size must be an integer from 1, got %s", size)
  end
  self.criterion, self.size = criterion, math.tointeger(size)
  self.memory_weight, self.batch_weight = 1, 0
  for name, value in pairs(options or {}) do
    if name ~= "memory_weight" and name ~= "batch_weight" then
      fail("there is no option %s", name)
    end
    if type(value) ~= "number" or not (value >= 0 and value < math.huge) then
      fail("option %s must be a number from 0, got %s", name, value)
    end
    self[name] = value
  end
  self.batch_criterion = criterion:clone() -- each keeps what its own backward needs
  self:clear()
end

--- Forgets all rows; returns self.
-- @return nn.CrossBatchMemory self
-- @example
-- nn.CrossBatchMemory(nn.CircleCriterion(), 16):clear():history()    --> nil
function CrossBatchMemory:clear()
  self.memory, self.labels = circlet[self._type:match("%.(%a+)$")](), circlet.LongTensor()
  self.count, self.next = 0, 1
  self.info = {}
  return self
end

--- The rows held and their labels, views: [count, D] and [count]; nil when there are none. They
-- stand in the ring's order, not in that of time.
-- @return circlet.Tensor? rows
-- @return circlet.LongTensor? labels
-- @example
-- local criterion = nn.CrossBatchMemory(nn.CircleCriterion(), 16)
-- local x, labels = circlet.randn(4, 3), circlet.LongTensor { 1, 1, 2, 2 }
-- criterion:forward(x, labels)
-- criterion:backward(x, labels)
-- local rows, seen = criterion:history()
-- seen    --> {1, 1, 2, 2}
function CrossBatchMemory:history()
  if self.count == 0 then return nil end
  return self.memory:narrow(1, 1, self.count), self.labels:narrow(1, 1, self.count)
end

function CrossBatchMemory:updateOutput(x, labels)
  if not circlet.isTensor(x) or not circlet.isTensor(labels) then
    error("nn.CrossBatchMemory: x and labels must be tensors", 2)
  end
  local rows, row_labels = self:history()
  self.memory_output, self.batch_output, self.info = 0, 0, {}
  self.pending = false
  if rows then
    self.memory_output = self.criterion:forward({ x, rows }, { labels, row_labels })
    self.info = self.criterion.info
  end
  -- Without a history the criterion still has to see the batch, to refuse what it cannot take.
  if self.batch_weight > 0 or not rows then
    local loss = self.batch_criterion:forward(x, labels)
    self.batch_output = self.batch_weight > 0 and loss or 0
  end
  self.output = self.memory_weight * self.memory_output + self.batch_weight * self.batch_output
  self.pending = true
  return self.output
end

function CrossBatchMemory:updateGradInput(x, labels)
  if not self.pending then error("nn.CrossBatchMemory: backward needs a forward pass first", 2) end
  if self.gradInput:type() ~= x:type() then self.gradInput = x.new() end
  self.gradInput:resizeAs(x):zero()
  local rows, row_labels = self:history()
  if rows then
    local gradients = self.criterion:backward({ x, rows }, { labels, row_labels })
    self.gradInput:add(self.memory_weight, gradients[1])
  end
  if self.batch_weight > 0 then
    self.gradInput:add(self.batch_weight, self.batch_criterion:backward(x, labels))
  end
  self:_remember(x, labels)
  self.pending = false
  return self.gradInput
end

-- Rows go to the ring in runs that end where it ends; of a batch longer than the ring, the last.
function CrossBatchMemory:_remember(x, labels)
  if self.count == 0 then
    local rows = x:new(self.size, x:size(2))
    self.memory, self.labels = rows, circlet.LongTensor(self.size)
  end
  local rows = x:size(1)
  local from = math.max(1, rows - self.size + 1)
  while from <= rows do
    local run = math.min(rows - from + 1, self.size - self.next + 1)
    self.memory:narrow(1, self.next, run):copy(x:narrow(1, from, run))
    self.labels:narrow(1, self.next, run):copy(labels:narrow(1, from, run))
    self.count = math.max(self.count, self.next + run - 1)
    self.next = (self.next - 1 + run) % self.size + 1
    from = from + run
  end
end

function CrossBatchMemory:__tostring()
  return ("nn.CrossBatchMemory(%s, %d of %d rows)"):format(tostring(self.criterion), self.count,
    self.size)
end

return CrossBatchMemory
