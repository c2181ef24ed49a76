--- NumPy's .npy files: one tensor each.
--
--     circlet.npy.save("embeddings.npy", circlet.FloatTensor(100, 64))
--     local t = assert(circlet.npy.load("embeddings.npy"))
local io = require("circlet.core").io

local npy = {}

--- Reads a .npy file (versions 1 to 3, either byte order, C or Fortran order).
-- f2 and f4 become a FloatTensor; f8 Double; i8 and u4 Long; i1, i2, u2 and i4 Int; u1 and b1 Byte.
-- Fortran order becomes a transposed view; an array without dimensions has size 1.
-- Returns the tensor; or nil, message, "io" (no such file, ...) or "format" (no whole .npy file).
-- @param path string
-- @return circlet.Tensor tensor
-- @error Returns nil, message, "io" or "format".
-- @source numpy.org/neps/nep-0001-npy-format.html
-- @example
-- circlet.npy.save("x.npy", circlet.Tensor { 1, 2 })
-- circlet.npy.load("x.npy")    --> {1, 2}
function npy.load(path) return io.load_npy(path) end

--- The same on the memory of the file itself: nothing is read before it is touched, and what is
-- written stays this process's own. That takes f4, f8, i8, i4, u1 or b1 in this machine's byte
-- order (what NumPy writes); other files are read as by load. A pipe or a device cannot be mapped.
-- A file that someone shortens meanwhile ends the process that reads behind its new end.
-- @param path string
-- @return circlet.Tensor tensor
-- @error Returns nil, message, "io" or "format".
-- @example
-- circlet.npy.save("x.npy", circlet.Tensor { 1, 2 })
-- circlet.npy.map("x.npy")    --> {1, 2}
function npy.map(path) return io.map_npy(path) end

--- Writes any tensor, atomically, in C order and the type that NumPy gives the same name.
-- Returns true; or nil, message, "io".
-- @param path string
-- @param tensor circlet.Tensor
-- @return boolean true
-- @example
-- circlet.npy.save("x.npy", circlet.ones(2))    --> true
function npy.save(path, tensor) return io.save_npy(path, tensor) end

--- The same for the bytes of a file in a string: parse(string) -> tensor, format(tensor) -> string.
-- @name circlet.npy.parse, circlet.npy.format
-- @param content string|circlet.Tensor
-- @return circlet.Tensor|string result
-- @error parse returns nil, message, "format" for what is no whole .npy file.
-- @example
-- circlet.npy.parse(circlet.npy.format(circlet.ones(2)))    --> {1, 1}
npy.parse, npy.format = io.parse_npy, io.format_npy

return npy
