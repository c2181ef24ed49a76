--- nn.SpatialZeroPadding(left, right, top, bottom) on [B, C, H, W] or [C, H, W]: rows and columns
-- of zeros around each plane; negative numbers take rows and columns away. right, top and bottom
-- default to left.
-- @param left integer
-- @param right? integer left by default
-- @param top? integer left by default
-- @param bottom? integer left by default
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.SpatialZeroPadding(1):forward(circlet.ones(1, 2, 2)):size()    --> {1, 4, 4}
local class = require "circlet.class"
local check = require "circlet.nn.check"
require "circlet.nn.Module"

local SpatialZeroPadding, parent = class("nn.SpatialZeroPadding", "nn.Module")

function SpatialZeroPadding:__init(left, right, top, bottom)
  parent.__init(self)
  self.pad_l = check.integer(self, "the padding on the left", left)
  self.pad_r = check.integer(self, "the padding on the right", right or left)
  self.pad_t = check.integer(self, "the padding on top", top or left)
  self.pad_b = check.integer(self, "the padding at the bottom", bottom or left)
end

-- The part of `inner` that is seen, and where it stands in `outer`.
local function windows(self, inner, outer)
  local dims = inner:dim()
  local h, w = inner:size(dims - 1), inner:size(dims)
  local t, b = math.max(0, -self.pad_t), math.max(0, -self.pad_b)
  local l, r = math.max(0, -self.pad_l), math.max(0, -self.pad_r)
  local seen = inner:narrow(dims - 1, t + 1, h - t - b):narrow(dims, l + 1, w - l - r)
  local place = outer:narrow(dims - 1, math.max(0, self.pad_t) + 1, h - t - b)
  return seen, place:narrow(dims, math.max(0, self.pad_l) + 1, w - l - r)
end

local function size_of(self, input)
  check.tensor(self, "input", input, 3, 4)
  local size, dims = input:size(), input:dim()
  local h, w = size[dims - 1], size[dims]
  size[dims - 1] = h + self.pad_t + self.pad_b
  size[dims] = w + self.pad_l + self.pad_r
  local rows = h - math.max(0, -self.pad_t) - math.max(0, -self.pad_b)
  local columns = w - math.max(0, -self.pad_l) - math.max(0, -self.pad_r)
  if rows < 1 or columns < 1 then
    check.fail(self, "nothing is left of an input of %s", check.text(input))
  end
  return size
end

function SpatialZeroPadding:updateOutput(input)
  self.output:resize(size_of(self, input)):zero()
  local seen, place = windows(self, input, self.output)
  place:copy(seen)
  return self.output
end

function SpatialZeroPadding:updateGradInput(input, gradOutput)
  local expected = size_of(self, input)
  if not gradOutput:isSize(expected) then
    check.fail(self, "gradOutput must be %s, got %s", table.concat(expected:totable(), "x"),
      check.text(gradOutput))
  end
  self.gradInput:resizeAs(input):zero()
  local seen, place = windows(self, self.gradInput, gradOutput)
  seen:copy(place)
  return self.gradInput
end

function SpatialZeroPadding:__tostring()
  return ("%s(l=%d, r=%d, t=%d, b=%d)"):format(class.type(self), self.pad_l, self.pad_r, self.pad_t,
    self.pad_b)
end

return SpatialZeroPadding
