-- Plain Lua slices, the independent view of a tensor that specs of reductions and orderings use.
local support = require "spec.support"

local slices = {}

--- The slices of t along `dim` as lists of numbers, and for each its place among the slices.
function slices.of(t, dim)
  local size, flat = t:size():totable(), support.flat(t)
  local inner, length = 1, size[dim]
  for d = dim + 1, #size do inner = inner * size[d] end
  local list = {}
  for outer = 0, #flat // math.max(1, inner * length) - 1 do
    for i = 1, inner do
      local slice = {}
      for j = 0, length - 1 do slice[j + 1] = flat[outer * length * inner + j * inner + i] end
      list[#list + 1] = slice
    end
  end
  return list
end

--- The flat elements of a tensor whose slices along dim are `list` (the inverse of slices.of).
function slices.flat(list, inner)
  local flat = {}
  for start = 1, #list, inner do
    for j = 1, #list[1] do
      for i = start, start + inner - 1 do flat[#flat + 1] = list[i][j] end
    end
  end
  return flat
end

function slices.inner(t, dim)
  local inner = 1
  for d = dim + 1, t:dim() do inner = inner * t:size(d) end
  return inner
end

return slices
