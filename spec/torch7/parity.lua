-- What tensors do: evaluates the expressions of a file of real Torch7's results (parity.txt) and
-- prints it anew, with the results of the Torch7 or circlet.torch7 that runs this.
local torch = require 'torch'

local function show(value)
  local kind, list = torch.typename(value) or '', {}
  if kind:find 'Tensor$' then
    local size = {}
    for d = 1, value:dim() do size[d] = value:size(d) end
    local flat = value:nElement() > 0 and value:contiguous():view(value:nElement())
    for i = 1, value:nElement() do list[i] = string.format('%.5g', flat[i]) end
    return kind:match '%.(%a+)Tensor' .. '[' .. table.concat(size, 'x') .. ']{'
      .. table.concat(list, ' ') .. '}'
  elseif kind:find 'Storage$' then
    for i = 1, value:size() do list[i] = string.format('%.5g', value[i]) end
    return kind:match '%.(%a+Storage)' .. '{' .. table.concat(list, ' ') .. '}'
  elseif type(value) == 'number' then
    return string.format('%.5g', value)
  elseif type(value) == 'table' then
    for i = 1, #value do list[i] = show(value[i]) end
    return '{' .. table.concat(list, ', ') .. '}'
  end
  return (tostring(value):gsub('\n', '\\n'))
end

local names = [[
  local x, v = torch.Tensor { { 1, 2, 3 }, { 4, 5, 6 } }, torch.Tensor { 3, 1, 2 }
  local l, b, i = torch.LongTensor { 2, 1, 3 }, torch.ByteTensor { 1, 0, 1 },
    torch.IntTensor { 7, -8, 9 }
  local f, e, s = torch.FloatTensor { 0.5, -1.5, 2.5 }, torch.Tensor(), torch.LongStorage { 3, 2 }
  local t3 = torch.range(1, 24):resize(2, 3, 4)
  local n = t3:select(3, 2)
]]

for line in io.lines(arg[1]) do
  if line:find '^%S' and not line:find '^#' then
    local chunk = (_G.loadstring or load)(names .. (line:find '^do ' and line or 'return ' .. line))
    local function pack(...) return select('#', ...), { ... } end
    local count, results = pack(pcall(assert(chunk, line)))
    local shown = {}
    for k = 2, count do shown[k - 1] = show(results[k]) end
    print(line)
    print('  ' .. (results[1] and table.concat(shown, '; ') or 'error'))
  elseif not line:find '^  ' then
    print(line)
  end
end
