-- .t7 files as other machines wrote them: a writer made from the description of the format alone.
local dialects = {}

local layouts = {
  Float = "f", Double = "d", Int = "i4", Byte = "B", Char = "b", Short = "i2", Half = "I2",
  Cuda = "f", CudaDouble = "d", CudaInt = "i4", CudaByte = "B",
}

--- A writer for a byte order ("<" or ">") and a width of longs (4 or 8).
function dialects.writer(order, long)
  local w = { count = 0 }
  function w.int(i) return string.pack(order .. "i4", i) end
  function w.long(...)
    local parts = {}
    for i, value in ipairs { ... } do parts[i] = string.pack(order .. "i" .. long, value) end
    return table.concat(parts)
  end
  function w.text(s) return string.pack(order .. "s4", s) end
  function w.string(s) return w.int(2) .. w.text(s) end
  function w.number(d) return w.int(1) .. string.pack(order .. "d", d) end
  function w.boolean(b) return w.int(5) .. w.int(b and 1 or 0) end
  local function index()
    w.count = w.count + 1
    return w.int(w.count)
  end
  -- fields: a list of key, value, ...; a value is a string of bytes, or a function that makes it
  function w.fields(list)
    local head, parts = w.int(3) .. index() .. w.int(#list // 2), {}
    for i = 1, #list, 2 do
      local value = list[i + 1]
      parts[#parts + 1] = w.string(list[i])
      parts[#parts + 1] = type(value) == "function" and value() or value
    end
    return head .. table.concat(parts)
  end
  function w.object(name, body, version)
    local head = w.int(4) .. index()
    if version ~= false then head = head .. w.text(version or "V 1") end
    head = head .. w.text(name)
    return head .. (type(body) == "function" and body() or body)
  end
  function w.storage(element, values)
    local parts = { w.long(#values) }
    for i, value in ipairs(values) do
      parts[i + 1] = element:find "Long$" and w.long(value)
        or string.pack(order .. layouts[element], value)
    end
    return w.object(("torch.%sStorage"):format(element), table.concat(parts))
  end
  -- a contiguous vector or matrix; values: the raw elements
  function w.tensor(element, values, rows)
    return w.object(("torch.%sTensor"):format(element), function()
      local n = #values
      local geometry = rows and w.int(2) .. w.long(rows, n // rows, n // rows, 1)
        or w.int(1) .. w.long(n, 1)
      return geometry .. w.long(1) .. w.storage(element, values)
    end)
  end
  return w
end

--- Small files of every kind, by name.
function dialects.files(order, long)
  local function with(f) return f(dialects.writer(order, long)) end
  local files = {
    table = with(function(w)
      return w.fields { "a", w.number(1.5), "b", w.boolean(true), "c", w.string "text" }
    end),
    norm = with(function(w)
      return w.object("nn.BatchNormalization", function()
        return w.fields {
          "running_mean", function() return w.tensor("Cuda", { 1, 2 }) end,
          "running_std", function() return w.tensor("Cuda", { 0.5, 0.25 }) end,
          "eps", w.number(0.25), "momentum", w.number(0.1), "train", w.boolean(false),
          "_type", w.string "torch.CudaTensor",
          "output", function() return w.tensor("Cuda", { 0 }) end,
        }
      end)
    end),
    view = with(function(w)
      return w.object("nn.View", function()
        return w.fields {
          "size", function() return w.storage("Long", { -1, 2 }) end,
          "numElements", w.number(2),
        }
      end)
    end),
    entropy = with(function(w)
      return w.object("nn.CrossEntropyCriterion", function()
        return w.fields { "nll", function()
          return w.object("nn.ClassNLLCriterion", function()
            return w.fields { "sizeAverage", w.boolean(true) }
          end)
        end }
      end)
    end),
    conv = with(function(w)
      return w.object("nn.SpatialConvolutionMM", function()
        return w.fields { "padding", w.number(2) }
      end, false)
    end),
    unknown = with(function(w)
      return w.object("far.Away", function() return w.fields { "f", function()
        return w.int(8) .. w.int(3) .. w.text "\27LJ" .. w.int(0)
      end } end)
    end),
  }
  for name, values in pairs {
    Float = { 1.5, -2, 1e20 }, Double = { 0.1, -1e300 }, Long = { 7, -8, 2 ^ 30 | 0 },
    Int = { 1 << 30, -5 }, Byte = { 0, 255 }, Char = { -128, 127 }, Short = { -32768, 258 },
    Half = { 0x3c00, 0xc000, 0x7bff, 0x0001, 0x7c00 }, Cuda = { 3.25, -1 }, CudaDouble = { 0.5 },
    CudaLong = { 1, -2 }, CudaInt = { 9 }, CudaByte = { 8 },
  } do
    files[name] = with(function(w) return w.tensor(name, values) end)
  end
  return files
end

return dialects
