--- Saving and loading objects in Torch7's .t7 format, in which Torch7 reads what circlet writes.
--
--     circlet.save("model.t7", model)               -- atomic: the old file or the whole new one
--     local model = assert(circlet.load("model.t7"))
--
-- What survives: nil, booleans, numbers, strings, tables (cycles and sharing included), tensors
-- (their strides, and storages shared between them), storages, and instances of classes by name.
--
-- - Tensors and storages are written as torch.FloatTensor and so on, and read under torch.* and
--   circlet.* names alike.
-- - A class may have hooks, as in Torch7: write(file) and read(file, version) replace the default,
--   one table of all fields. `file` has readObject/writeObject, readInt, readLong, readDouble,
--   readBool and their sisters.
-- - A class that does not exist where the file is read becomes a table of its fields with one
--   more, __torch_class = "its.Name"; such a table is written back as that class.
-- - The format knows doubles only. An integer beyond 2^53 is refused when written; a double that
--   is an integer within 2^53 is read as a Lua integer (3.0 comes back as 3, -0.0 as it was).
-- - Functions, threads and userdata are refused when written, with their place in the object:
--   "save: object.hook is a function". Functions in a Torch7 file become tables with
--   __torch_function (the kind), bytecode and upvalues; they are never run, and are written back
--   as they were.
-- - Binary files may have either byte order, and longs of 8 or 4 bytes (32-bit machines, Windows);
--   circlet writes this machine's order and 8. Modes "b64" and "b32" tell the reader the width; one
--   that nobody can tell apart from the first part of a file of the other width is refused without.
-- - Every length, count, number of an object and boolean is checked, so that a file that is cut
--   anywhere is an error. The format has no checksum: of a bit that flips inside a number or a
--   string, nothing tells.
-- - Tensors of a GPU are written as CUDA's of Torch7 (Half and BFloat16 as float) and come back on
--   the CPU, a CudaTensor as FloatTensor and so on, so that a file reads alike everywhere. Modules
--   of old versions are brought up to date (running_std of BatchNormalization, ...).
-- - Metatables that are no classes are not kept. Equal objects give equal bytes: keys are sorted.
local core = require "circlet.core"
local format = require "circlet.serialize.format"
local writer = require "circlet.serialize.writer"
local reader = require "circlet.serialize.reader"

local serialize = {}

local function check_mode(name, mode, reads)
  if mode == nil then return "binary" end
  if mode == "binary" or mode == "ascii" then return mode end
  if reads and (mode == "b32" or mode == "b64") then return mode end
  error(("%s: the mode is \"binary\"%s or \"ascii\", got %s"):format(name,
    reads and ", \"b32\", \"b64\"" or "", tostring(mode)), 3)
end

--- The bytes of a .t7 file that holds `object`. Raises for what cannot be saved.
-- @name circlet.serialize
-- @param object any
-- @param mode? string "binary" (default) or "ascii"
-- @return string bytes
-- @example
-- circlet.deserialize(circlet.serialize { 1, "a" })    --> {1, "a"}
function serialize.serialize(object, mode)
  return writer.open("serialize"):text_of(object, check_mode("serialize", mode))
end

--- The object in a string made by serialize(), or read from a .t7 file.
-- Returns it; or nil, message, "format" when the bytes are not exactly one object.
-- @name circlet.deserialize
-- @param bytes string
-- @param mode? string "binary" (default), "ascii", "b32" or "b64"
-- @return any object
-- @example
-- circlet.deserialize "no file"    --> nil  ...
function serialize.deserialize(bytes, mode)
  if type(bytes) ~= "string" then
    error("deserialize: a string expected, got " .. type(bytes), 2)
  end
  mode = check_mode("deserialize", mode, true)
  return format.catch("deserialize", reader.read, bytes, mode)
end

--- Writes `object` to a file, atomically. Returns true; or nil, message, "io".
-- @name circlet.save
-- @param path string
-- @param object any
-- @param mode? string "binary" (default) or "ascii"
-- @return boolean true
-- @error Raises for what cannot be saved, with its place.
-- @example
-- circlet.save("model.t7", nn.Linear(2, 1))    --> true
-- circlet.type(circlet.load "model.t7")        --> nn.Linear
function serialize.save(path, object, mode)
  return core.write_file(path, writer.write(object, check_mode("save", mode), "save"))
end

--- Reads the object in a file. Returns it; or nil, message, "io" or "format".
-- @name circlet.load
-- @param path string
-- @param mode? string "binary" (default), "ascii", "b32" or "b64"
-- @return any object
-- @example
-- circlet.load "none.t7"    --> nil  ...
function serialize.load(path, mode)
  mode = check_mode("load", mode, true)
  local bytes, message, code = core.read_file(path)
  if not bytes then return nil, message, code end
  return format.catch(path, reader.read, bytes, mode)
end

return serialize
