--- Gradients of inputs that are tensors or (nested) tables of them.
local circlet = require "circlet"

local nest = {}

--- Zeros in the shape of `value`; `buffer`, the result of an earlier call, is used again where it
-- fits.
function nest.zeros(buffer, value)
  if circlet.isTensor(value) then
    if not circlet.isTensor(buffer) or buffer:type() ~= value:type() then buffer = value.new() end
    return buffer:resizeAs(value):zero()
  end
  if type(value) ~= "table" then return value end
  if type(buffer) ~= "table" then buffer = {} end
  for key in pairs(buffer) do
    if value[key] == nil then buffer[key] = nil end
  end
  for key, item in pairs(value) do buffer[key] = nest.zeros(buffer[key], item) end
  return buffer
end

--- Adds weight * value to `into`, which has its shape.
function nest.add(into, weight, value)
  if circlet.isTensor(into) then
    into:add(weight, value)
  else
    for key, item in pairs(into) do nest.add(item, weight, value[key]) end
  end
end

--- A value as a message names it.
function nest.text(value)
  if type(value) == "table" then return ("a table of %d"):format(#value) end
  return "a " .. circlet.type(value)
end

return nest
