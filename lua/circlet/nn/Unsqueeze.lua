--- nn.Unsqueeze(position[, nInputDims]): a dimension of size 1 put in at `position`; with
-- nInputDims, an input of one dimension more has a batch in front, which stays there.
-- @param position integer where the new dimension will be
-- @param nInputDims? integer dimensions of one example; inputs with one more are batches
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.Unsqueeze(1):forward(circlet.ones(3)):size()    --> {1, 3}
local class = require "circlet.class"
local check = require "circlet.nn.check"
require "circlet.nn.Module"

local Unsqueeze, parent = class("nn.Unsqueeze", "nn.Module")

function Unsqueeze:__init(position, nInputDims)
  parent.__init(self)
  self.pos = check.integer(self, "the position", position, 1)
  self.numInputDims = nInputDims
end

function Unsqueeze:updateOutput(input)
  check.tensor(self, "input", input)
  local behind = self.numInputDims and math.max(0, input:dim() - self.numInputDims) or 0
  if self.pos + behind > input:dim() + 1 then
    check.fail(self, "position %d is out of range, the input is %s", self.pos, check.text(input))
  end
  self.output = input:unsqueeze(self.pos + behind)
  return self.output
end

function Unsqueeze:updateGradInput(input, gradOutput)
  check.like(self, "gradOutput", gradOutput, self.output)
  self.gradInput = gradOutput:contiguous():view(input:size())
  return self.gradInput
end

return Unsqueeze
