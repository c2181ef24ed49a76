--- What modules and criterions check alike. Messages begin with the class's name; errors point at
-- the caller of forward or backward.
local circlet = require "circlet"
local class = require "circlet.class"

local check = {}

--- "2x3" for a tensor, otherwise the name of the value's type.
function check.text(value)
  if not circlet.isTensor(value) then return class.type(value) end
  return value:dim() == 0 and "empty" or table.concat(value:size():totable(), "x")
end

local function fail(self, level, pattern, ...)
  error(class.type(self) .. ": " .. pattern:format(...), level + 1)
end

--- Raises "<class>: <message>" at the caller of the method that calls this.
function check.fail(self, pattern, ...) fail(self, 3, pattern, ...) end

--- A tensor, and where dims is given, of at least `low` and at most `high` dimensions.
function check.tensor(self, what, value, low, high)
  if not circlet.isTensor(value) then
    fail(self, 3, "%s must be a tensor, got %s", what, class.type(value))
  end
  if low and (value:dim() < low or value:dim() > high) then
    fail(self, 3, "%s must have %s dimensions, got %d", what,
      low == high and low or ("%d to %d"):format(low, high), value:dim())
  end
end

--- A tensor of the size and type of `like`.
function check.like(self, what, value, like)
  if not circlet.isTensor(value) then
    fail(self, 3, "%s must be a tensor, got %s", what, class.type(value))
  elseif not value:isSameSizeAs(like) then
    fail(self, 3, "%s must be %s, got %s", what, check.text(like), check.text(value))
  elseif value:type() ~= like:type() then
    fail(self, 3, "%s must be a %s, got a %s", what, like:type(), value:type())
  end
end

--- A table of tensors, `count` of them when given, at least one otherwise.
function check.tensors(self, what, value, count)
  if type(value) ~= "table" or (count or math.max(1, #value)) ~= #value then
    fail(self, 3, "%s must be a table of %s, got %s", what, count or "tensors",
      type(value) == "table" and #value or class.type(value))
  end
  for i = 1, #value do
    if not circlet.isTensor(value[i]) then
      fail(self, 3, "%s %d must be a tensor, got %s", what, i, class.type(value[i]))
    end
  end
end

--- A table of tensors of one size and type.
function check.alike(self, what, value, count)
  if type(value) ~= "table" or (count or math.max(1, #value)) ~= #value then
    fail(self, 3, "%s must be a table of %s, got %s", what, count or "tensors",
      type(value) == "table" and #value or class.type(value))
  end
  for i = 1, #value do
    if not circlet.isTensor(value[i]) then
      fail(self, 3, "%s %d must be a tensor, got %s", what, i, class.type(value[i]))
    elseif not value[i]:isSameSizeAs(value[1]) then
      fail(self, 3, "%s %d must be %s, got %s", what, i, check.text(value[1]),
        check.text(value[i]))
    elseif value[i]:type() ~= value[1]:type() then
      fail(self, 3, "%s %d must be a %s, got a %s", what, i, value[1]:type(), value[i]:type())
    end
  end
end

--- The dimension that `dimension` means for an input: negative ones count from the end, and with
-- nInputDims an input of one dimension more has a batch in front.
function check.dimension(self, dimension, nInputDims, input)
  local dim = dimension
  if dim < 0 then
    dim = input:dim() + dim + 1
  elseif nInputDims and nInputDims > 0 and input:dim() == nInputDims + 1 then
    dim = dim + 1
  end
  if dim < 1 or dim > input:dim() then
    fail(self, 3, "dimension %d is out of range, the input is %s", dimension, check.text(input))
  end
  return dim
end

--- The numbers of t as indices of `like`: a LongTensor or, where that lies on a GPU, a
-- CudaLongTensor.
function check.indices(t, like)
  return like:type():find "%.Cuda" and t:cudaLong() or t:long()
end

--- A number given to a constructor.
function check.number(self, what, value)
  if type(value) ~= "number" then
    fail(self, 4, "%s must be a number, got %s", what, class.type(value))
  end
  return value
end

--- A whole number within [low, high] given to a constructor.
function check.integer(self, what, value, low, high)
  local whole = math.type(value) and math.tointeger(value)
  if not whole or whole < (low or math.mininteger) or whole > (high or math.maxinteger) then
    fail(self, 4, "%s must be a whole number%s, got %s", what,
      low and (" from %d"):format(low) or "", tostring(value))
  end
  return whole
end

--- Targets of +1 and -1: a tensor, or a number for one example. Returns a tensor [count] of the
-- type of `like`.
function check.signs(self, target, like, count)
  local y = target
  if type(target) == "number" then
    y = like:new(1):fill(target)
  elseif circlet.isTensor(target) then
    y = target:type(like:type()):contiguous():view(-1)
  else
    fail(self, 3, "target must be a tensor or a number, got %s", class.type(target))
  end
  if y:nElement() ~= count then
    fail(self, 3, "target must have %d elements, got %d", count, y:nElement())
  end
  local wrong = y:nElement() - y:eq(1):sum() - y:eq(-1):sum()
  if wrong > 0 then fail(self, 3, "target must be 1 or -1, %d elements are neither", wrong) end
  return y
end

return check
