--- Modules on a table {x, y} of [B, D] or [D]: one number for each pair of rows.
local check = require "circlet.nn.check"

local rows = {}

--- The two inputs as [B, D].
function rows.of(self, input)
  check.alike(self, "input", input, 2)
  if input[1]:dim() < 1 or input[1]:dim() > 2 then
    check.fail(self, "input 1 must have 1 to 2 dimensions, got %d", input[1]:dim())
  end
  local x, y = input[1], input[2]
  if x:dim() == 1 then x, y = x:contiguous():view(1, -1), y:contiguous():view(1, -1) end
  return x, y
end

--- gradOutput [B], as a column for rows of x.
function rows.column(self, gradOutput, x)
  check.tensor(self, "gradOutput", gradOutput)
  if gradOutput:nElement() ~= x:size(1) or gradOutput:type() ~= x:type() then
    check.fail(self, "gradOutput must be %d elements of type %s, got %s of %s", x:size(1),
      x:type(), check.text(gradOutput), gradOutput:type())
  end
  return gradOutput:contiguous():view(-1, 1)
end

--- gradInput[i] becomes `gradient` in the size of input[i].
function rows.put(self, i, gradient, input)
  local buffer = self.gradInput[i] or gradient.new()
  self.gradInput[i] = buffer:resizeAs(input[i]):copy(gradient:view(input[i]:size()))
end

return rows
