-- Measures of embeddings that lie on a GPU: tensors come to the CPU, where measures are computed.
local core = require "circlet.core"

-- The tensor, or the list of tensors, on the CPU; other values as they are.
local function on_cpu(value)
  if type(value) == "table" then
    local list = {}
    for key, item in pairs(value) do list[key] = on_cpu(item) end
    return list
  end
  if not core.isTensor(value) then return value end
  local kind = value:type():match "%.Cuda(%a*)Tensor$"
  if not kind then return value end
  if kind == "" or kind == "Half" or kind == "BFloat16" then kind = "Float" end
  return value[kind:lower()](value)
end

--- measure(...) with every tensor among its arguments, and in tables among them, on the CPU.
-- `name`: what its errors call it, since a function in C is called there what its caller calls it.
return function(name, measure)
  local call = assert(load(("local %s, pack = ... return function(...) return pack(%s(...)) end")
    :format(name, name), "=" .. name))(measure, table.pack)
  return function(...)
    local arguments = table.pack(...)
    for i = 1, arguments.n do arguments[i] = on_cpu(arguments[i]) end
    local results = call(table.unpack(arguments, 1, arguments.n))
    return table.unpack(results, 1, results.n)
  end
end
