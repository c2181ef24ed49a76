--- What nn.Max and nn.Min share: extremum(name, method) defines the module of that name, which
-- takes the tensor method's values along a dimension.
local class = require "circlet.class"
local check = require "circlet.nn.check"
require "circlet.nn.Module"

return function(name, method)
  local Extremum, parent = class(name, "nn.Module")

  function Extremum:__init(dimension, nInputDims)
    parent.__init(self)
    self.dimension = check.integer(self, "the dimension", dimension or 1)
    self.nInputDims = nInputDims
  end

  function Extremum:updateOutput(input)
    check.tensor(self, "input", input)
    local dim = check.dimension(self, self.dimension, self.nInputDims, input)
    local values, indices = input[method](input, dim)
    self._indices = indices
    self.output:resizeAs(values):copy(values)
    if input:dim() > 1 then self.output:set(self.output:select(dim, 1)) end
    return self.output
  end

  function Extremum:updateGradInput(input, gradOutput)
    local dim = check.dimension(self, self.dimension, self.nInputDims, input)
    check.like(self, "gradOutput", gradOutput, self.output)
    local shaped = gradOutput:contiguous():view(self._indices:size())
    self.gradInput:resizeAs(input):zero():scatter(dim, self._indices, shaped)
    return self.gradInput
  end

  function Extremum:clearState()
    self._indices = nil
    return parent.clearState(self)
  end

  return Extremum
end
