--- Modules that map each element by itself. A class is made of two functions:
--   forward(self, y, x)                y becomes f(x); y is resized by the operation that fills it
--   backward(self, gx, x, y, gy)       gx, which has the size of x, becomes gy * f'(x)
-- The class may have an __init of its own beside them.
local class = require "circlet.class"
local check = require "circlet.nn.check"
require "circlet.nn.Module"

return function(name, forward, backward)
  local Elementwise, parent = class(name, "nn.Module")

  function Elementwise:updateOutput(input)
    check.tensor(self, "input", input)
    forward(self, self.output:resizeAs(input), input)
    return self.output
  end

  function Elementwise:updateGradInput(input, gradOutput)
    check.like(self, "gradOutput", gradOutput, input)
    backward(self, self.gradInput:resizeAs(input), input, self.output, gradOutput)
    return self.gradInput
  end

  return Elementwise, parent
end
