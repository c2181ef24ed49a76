--- nn.LookupTable(n, D[, paddingValue][, maxNorm][, normType]): row i of `weight` [n, D] for each
-- index i of the input, 1 to n: [K] gives [K, D], [B, K] gives [B, K, D]. Indices stand in a tensor
-- of any type. The row paddingValue gets no gradient. With maxNorm, rows that are used are first
-- scaled down to a norm (normType, 2) of at most maxNorm. scaleGradByFreq() divides the gradient of
-- a row by how often the input names it. An index has no gradient: gradInput is empty.
-- @param nIndex integer rows n
-- @param nOutput integer numbers in a row D
-- @param paddingValue? integer a row without gradient
-- @param maxNorm? number
-- @param normType? number 2 by default
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.LookupTable(10, 3):forward(circlet.LongTensor { 1, 5, 1 }):size()    --> {3, 3}
local circlet = require "circlet"
local class = require "circlet.class"
local check = require "circlet.nn.check"
require "circlet.nn.Module"

local LookupTable, parent = class("nn.LookupTable", "nn.Module")

function LookupTable:__init(nIndex, nOutput, paddingValue, maxNorm, normType)
  parent.__init(self)
  check.integer(self, "the number of rows", nIndex, 1)
  check.integer(self, "the width of a row", nOutput, 1)
  self.weight = circlet.Tensor(nIndex, nOutput)
  self.gradWeight = circlet.Tensor(nIndex, nOutput):zero()
  self.paddingValue = paddingValue or 0
  self.maxNorm, self.normType = maxNorm, normType or 2
  self:reset()
end

--- Standard normals times stdv (1); returns self.
function LookupTable:reset(stdv)
  self.weight:normal(0, stdv or 1)
  return self
end

--- Divides the gradient of a row by how often the input names it.
-- @return nn.LookupTable self
-- @example
-- nn.LookupTable(10, 3):scaleGradByFreq():forward(circlet.LongTensor { 1 }):size()    --> {1, 3}
function LookupTable:scaleGradByFreq()
  self.shouldScaleGradByFreq = true
  return self
end

--- Has rows that are used scaled down to a norm of at most maxNorm first.
-- @param maxNorm number
-- @return nn.LookupTable self
-- @example
-- nn.LookupTable(10, 3):setMaxNorm(0.1):forward(circlet.LongTensor { 1 }):norm() <= 0.1001
-- --> true
function LookupTable:setMaxNorm(maxNorm)
  self.maxNorm = maxNorm
  return self
end

-- The indices as one tensor of whole numbers. Raises for what is no row.
local function indices(self, input)
  check.tensor(self, "input", input, 1, 2)
  local flat = input:contiguous():view(-1)
  local rows = check.indices(flat, self.weight)
  if rows:nElement() > 0 then
    local low, high = rows:min(), rows:max()
    if low < 1 or high > self.weight:size(1) then
      check.fail(self, "an index must be 1 to %d, got %d", self.weight:size(1),
        low < 1 and low or high)
    elseif rows:type() ~= flat:type() and not rows:typeAs(flat):equal(flat) then
      check.fail(self, "an index must be a whole number")
    end
  end
  return rows
end

local function shorten(self, rows)
  local seen = {}
  for i = 1, rows:nElement() do
    local row = rows[i]
    local norm = not seen[row] and self.weight[row]:norm(self.normType) or 0
    seen[row] = true
    if norm > self.maxNorm then self.weight[row]:mul(self.maxNorm / (norm + 1e-7)) end
  end
end

function LookupTable:updateOutput(input)
  local rows = indices(self, input)
  if self.maxNorm then shorten(self, rows) end
  local width = self.weight:size(2)
  self.output:index(self.weight, 1, rows)
  if input:dim() == 2 then self.output = self.output:view(input:size(1), input:size(2), width) end
  return self.output
end

function LookupTable:updateGradInput(input)
  if not circlet.isTensor(self.gradInput) or self.gradInput:type() ~= input:type() then
    self.gradInput = input.new()
  end
  return self.gradInput
end

function LookupTable:accGradParameters(input, gradOutput, scale)
  check.like(self, "gradOutput", gradOutput, self.output)
  local rows = indices(self, input)
  local each = gradOutput:contiguous():view(rows:nElement(), self.weight:size(2)):clone()
  each:mul(scale or 1)
  if self.shouldScaleGradByFreq then
    local count = self.weight:new(self.weight:size(1)):zero()
    count:indexAdd(1, rows, count:new(rows:nElement()):fill(1))
    each:cdiv(count:index(1, rows):view(-1, 1):expandAs(each))
  end
  each[rows:eq(self.paddingValue or 0):view(-1, 1):expandAs(each):contiguous()] = 0
  self.gradWeight:indexAdd(1, rows, each)
end

function LookupTable:__tostring()
  return ("%s(%d -> %d)"):format(class.type(self), self.weight:size(1), self.weight:size(2))
end

return LookupTable
