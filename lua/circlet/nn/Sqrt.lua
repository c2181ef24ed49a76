--- nn.Sqrt([b]): sqrt(x + b) of every element; b is 0 unless given. The gradient where the root is
-- 0 is 0.
-- @param b? number 0 by default
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.Sqrt():forward(circlet.Tensor { 4, 9 })    --> {2, 3}
local check = require "circlet.nn.check"
local elementwise = require "circlet.nn.elementwise"

local Sqrt, parent = elementwise("nn.Sqrt",
  function(self, y, x) y:add(x, self.eps):sqrt() end,
  function(_, gx, _, y, gy) gx:cdiv(gy, y):mul(0.5)[y:eq(0)] = 0 end)

function Sqrt:__init(b)
  parent.__init(self)
  self.eps = check.number(self, "b", b or 0)
end

return Sqrt
