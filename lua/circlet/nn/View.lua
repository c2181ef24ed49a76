--- nn.View(sizes...): the same elements under another size, without copying when the input is
-- contiguous. An input that holds several times the elements of the sizes is a batch, which stays
-- in front; a batch of one is not (Torch7's rule), unless setNumInputDims(n) says how many
-- dimensions one example has. One size may be -1: it takes what is left of an example.
-- @param ... integer|circlet.LongStorage sizes
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.View(4):forward(circlet.ones(3, 2, 2)):size()    --> {3, 4}
local circlet = require "circlet"
local class = require "circlet.class"
require "circlet.nn.Module"

local View, parent = class("nn.View", "nn.Module")

function View:__init(...)
  parent.__init(self)
  self:resetSize(...)
end

--- New sizes: integers, a table or a LongStorage; returns self.
-- @param ... integer|circlet.LongStorage sizes
-- @return nn.View self
-- @example
-- nn.View(4):resetSize(2, 2):forward(circlet.ones(4)):size()    --> {2, 2}
function View:resetSize(...)
  local sizes = ...
  if circlet.isStorage(sizes) then
    sizes = sizes:totable()
  elseif type(sizes) ~= "table" then
    sizes = { ... }
  end
  self.numElements, self.inferred = 1, false
  for _, n in ipairs(sizes) do
    if math.type(n) ~= "integer" and (type(n) ~= "number" or n % 1 ~= 0) or n < -1 then
      error(("nn.View: a size must be -1 or a whole number >= 0, got %s"):format(n), 2)
    end
    if n == -1 then
      if self.inferred then error("nn.View: only one size may be -1", 2) end
      self.inferred = true
    else
      self.numElements = self.numElements * n
    end
  end
  self.size = circlet.LongStorage(sizes)
  return self
end

--- How many dimensions one example of the input has; one more is then a batch. Returns self.
-- @param n integer dimensions of one example; inputs with one more are batches
-- @return nn.View self
-- @example
-- nn.View(4):setNumInputDims(2):forward(circlet.ones(5, 2, 2)):size()    --> {5, 4}
function View:setNumInputDims(n)
  self.numInputDims = n
  return self
end

-- The size of the batch in front of the sizes; nil when there is none.
local function batch_of(self, input)
  local sizes, example = input:size(), self.numInputDims or input:dim()
  local outer, inner = 1, 1
  for d = 1, #sizes do
    if d <= #sizes - example then outer = outer * sizes[d] else inner = inner * sizes[d] end
  end
  if input:dim() == 0 or self.numElements == 0 or inner % self.numElements ~= 0 then
    error(("nn.View: input of %s does not hold whole views of %s"):format(
      table.concat(sizes:totable(), "x"), table.concat(self.size:totable(), "x")), 3)
  end
  local batch = self.inferred and outer or outer * (inner // self.numElements)
  if batch == 1 and #sizes <= example then return nil end
  return batch
end

-- Torch7's files do not say whether a size is -1.
function View:_upgrade()
  parent._upgrade(self)
  if self.inferred ~= nil or class.type(self.size) ~= "circlet.LongStorage" then return end
  self.inferred, self.numElements = false, 1
  for i = 1, #self.size do
    if self.size[i] == -1 then
      self.inferred = true
    else
      self.numElements = self.numElements * self.size[i]
    end
  end
end

function View:updateOutput(input)
  local sizes, batch = self.size:totable(), batch_of(self, input)
  if batch then table.insert(sizes, 1, batch) end
  self.output = input:contiguous():view(circlet.LongStorage(sizes))
  return self.output
end

function View:updateGradInput(input, gradOutput)
  if self.gradInput then self.gradInput = gradOutput:contiguous():view(input:size()) end
  return self.gradInput
end

function View:__tostring()
  return ("%s(%s)"):format(class.type(self), table.concat(self.size:totable(), ", "))
end

return View
