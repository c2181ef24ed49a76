--- What the reader and the writer of .t7 files agree on: type ids, names of tensor types, limits,
-- and how the reader reports bytes that break the format.
local format = {}

format.ids = {
  ["nil"] = 0, number = 1, string = 2, table = 3, object = 4, boolean = 5,
  old_function = 6, plain_function = 7, recursive_function = 8,
}

--- Nesting beyond this is refused: it bounds the stack that a hostile file can make us use.
format.max_depth = 5000

--- Integers up to here are exact as doubles.
format.max_integer = 2 ^ 53

--- This machine's byte order, as string.pack writes it.
format.native = string.pack("=i2", 1):byte() == 1 and "<" or ">"

--- Per element type of a file: the type of circlet that takes it in, its bytes in a binary file
-- (nil: a long, whose width the file decides), its layout for string.unpack, the bytes in memory
-- where they are the same (raw), and whether text files hold characters instead of numbers.
format.elements = {
  Float = { into = "Float", bytes = 4, layout = "f", raw = 4 },
  Double = { into = "Double", bytes = 8, layout = "d", raw = 8 },
  Long = { into = "Long", layout = "long", raw = 8 },
  Int = { into = "Int", bytes = 4, layout = "i4", raw = 4 },
  Byte = { into = "Byte", bytes = 1, layout = "B", raw = 1, characters = true },
  Char = { into = "Char", bytes = 1, layout = "b", raw = 1, characters = true },
  Short = { into = "Short", bytes = 2, layout = "i2", raw = 2 },
  Half = { into = "Float", bytes = 2, layout = "I2", half = true },
}

-- Tensors of CUDA are read as their counterparts on the CPU.
for _, name in ipairs { "Double", "Long", "Int", "Byte", "Char", "Short", "Half" } do
  format.elements["Cuda" .. name] = format.elements[name]
end
format.elements.Cuda = format.elements.Float

--- "torch.FloatTensor" or "circlet.FloatTensor" -> "Float", "Tensor". nil for other names; the
-- element type may be one that circlet lacks.
function format.tensor_type(name)
  local element, kind = name:match "^torch%.(%w+)(%u%l+)$"
  if not element then element, kind = name:match "^circlet%.(%w+)(%u%l+)$" end
  if kind == "Tensor" or kind == "Storage" then return element, kind end
end

-- A broken file is no programming error: the reader raises it in this wrapping, and catch() turns
-- it into nil, message, code. All other errors (memory, interrupts, read hooks) pass through.
local Broken = {}

--- Raises "the file is broken" from anywhere inside the reader.
function format.broken(position, text, ...)
  error(setmetatable({ message = ("byte %d: "):format(position) .. text:format(...) }, Broken))
end

local function finish(name, ok, result, ...)
  if ok then return result, ... end
  if getmetatable(result) == Broken then
    return nil, name .. ": " .. result.message, "format"
  end
  error(result, 0)
end

--- true and what f(...) returns, or false and the error when it raised format.broken(); other
-- errors pass.
function format.try(f, ...)
  local ok, result = pcall(f, ...)
  if not ok and getmetatable(result) ~= Broken then error(result, 0) end
  return ok, result
end

--- f(...), or nil, "<name>: message", "format" when it raised format.broken().
function format.catch(name, f, ...) return finish(name, pcall(f, ...)) end

return format
