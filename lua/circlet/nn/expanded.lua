--- Parameters that are learned for each element of an example, or along some of its dimensions
-- (sizes of 1 are shared): what nn.Add and nn.CMul do alike.
local expanded = {}

--- A parameter p, expanded to x: [...] as p, or [B, ...] with a batch in front. nil when it does
-- not fit.
function expanded.to(p, x)
  local size = p:size():totable()
  if x:dim() == #size + 1 then
    table.insert(size, 1, 1)
  elseif x:dim() ~= #size then
    return nil
  end
  for d, n in ipairs(size) do
    if n ~= 1 and n ~= x:size(d) then return nil end
  end
  return p:view(table.unpack(size)):expandAs(x)
end

--- Adds scale * g, which has the size of x, to the gradient of p, summed where p is shared.
function expanded.accumulate(gradient, g, scale)
  local size, sum = gradient:size():totable(), g
  if g:dim() == #size + 1 then table.insert(size, 1, 1) end
  for d, n in ipairs(size) do
    if n == 1 and g:size(d) ~= 1 then sum = sum:sum(d) end
  end
  gradient:add(scale, sum:contiguous():view(gradient:size()))
end

return expanded
