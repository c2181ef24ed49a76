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

--- Per element type: bytes in a binary file, and the layout for string.pack.
format.elements = {
  Float = { bytes = 4, layout = "=f" },
  Double = { bytes = 8, layout = "=d" },
  Long = { bytes = 8, layout = "=i8" },
  Int = { bytes = 4, layout = "=i4" },
  Byte = { bytes = 1, layout = "B" },
}

--- "torch.FloatTensor" or "circlet.FloatTensor" -> "Float", "Tensor". nil for other names; the
-- element type may be one that circlet lacks.
function format.tensor_type(name)
  local element, kind = name:match "^torch%.(%a+)(%u%l+)$"
  if not element then element, kind = name:match "^circlet%.(%a+)(%u%l+)$" end
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

--- f(...), or nil, "<name>: message", "format" when it raised format.broken().
function format.catch(name, f, ...) return finish(name, pcall(f, ...)) end

return format
