--- nn.Transpose({a, b}, {c, d}, ...): dimensions a and b exchanged, then c and d, and so on. With
-- setNumInputDims(n) they count within an example of n dimensions, where a batch stands in front.
-- @param ... integer[] pairs {a, b} of dimensions, one after another
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.Transpose({ 1, 2 }):forward(circlet.ones(2, 3)):size()    --> {3, 2}
local class = require "circlet.class"
local check = require "circlet.nn.check"
require "circlet.nn.Module"

local Transpose, parent = class("nn.Transpose", "nn.Module")

function Transpose:__init(...)
  parent.__init(self)
  self.permutations = { ... }
  for i, pair in ipairs(self.permutations) do
    if type(pair) ~= "table" or #pair ~= 2 then
      check.fail(self, "argument %d must be a table of two dimensions", i)
    end
  end
end

--- Has the pairs count within an example.
-- @param n integer dimensions of one example; inputs with one more are batches
-- @return nn.Transpose self
-- @example
-- nn.Transpose({ 1, 2 }):setNumInputDims(2):forward(circlet.ones(5, 2, 3)):size()    --> {5, 3, 2}
function Transpose:setNumInputDims(n)
  self.numInputDims = n
  return self
end

local function exchange(self, t, from, to, step, input)
  for i = from, to, step do
    local pair = self.permutations[i]
    t = t:transpose(check.dimension(self, pair[1], self.numInputDims, input),
      check.dimension(self, pair[2], self.numInputDims, input))
  end
  return t
end

function Transpose:updateOutput(input)
  check.tensor(self, "input", input)
  local t = exchange(self, input, 1, #self.permutations, 1, input)
  self.output:resizeAs(t):copy(t)
  return self.output
end

function Transpose:updateGradInput(input, gradOutput)
  check.like(self, "gradOutput", gradOutput, self.output)
  local t = exchange(self, gradOutput, #self.permutations, 1, -1, input)
  self.gradInput:resizeAs(t):copy(t)
  return self.gradInput
end

return Transpose
