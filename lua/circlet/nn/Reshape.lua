--- nn.Reshape(sizes...[, batchMode]): the elements of each example under another size. batchMode
-- true: the first dimension is a batch; false: it is not; nil: it is when the input holds more
-- than one view's elements, or has one dimension more than needed and 1 in front.
-- @param ... integer sizes, and perhaps batchMode
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.Reshape(2, 2):forward(circlet.range(1, 4))    --> {{1, 2}, {3, 4}}
local circlet = require "circlet"
local class = require "circlet.class"
require "circlet.nn.Module"

local Reshape, parent = class("nn.Reshape", "nn.Module")

function Reshape:__init(...)
  parent.__init(self)
  local sizes = { ... }
  if type(sizes[#sizes]) == "boolean" then self.batchMode = table.remove(sizes) end
  if circlet.isStorage(sizes[1]) then
    sizes = sizes[1]:totable()
  elseif type(sizes[1]) == "table" then
    sizes = sizes[1]
  end
  self.nelement = 1
  for _, n in ipairs(sizes) do self.nelement = self.nelement * n end
  self.size = circlet.LongStorage(sizes)
end

function Reshape:updateOutput(input)
  local sizes, count = self.size:totable(), input:nElement()
  local batched = self.batchMode
  if batched == nil then
    batched = input:dim() > 0 and (count ~= self.nelement or input:size(1) == 1)
  end
  local batch = batched and input:size(1) or 1
  if count ~= batch * self.nelement then
    error(("nn.Reshape: input of %s does not hold %s of %s"):format(
      table.concat(input:size():totable(), "x"), batched and "a batch" or "one",
      table.concat(sizes, "x")), 2)
  end
  if batched then table.insert(sizes, 1, batch) end
  self.output = input:contiguous():view(circlet.LongStorage(sizes))
  return self.output
end

function Reshape:updateGradInput(input, gradOutput)
  self.gradInput = gradOutput:contiguous():view(input:size())
  return self.gradInput
end

function Reshape:__tostring()
  return ("%s(%s)"):format(class.type(self), table.concat(self.size:totable(), "x"))
end

return Reshape
