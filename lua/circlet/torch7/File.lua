--- torch.DiskFile(path [, mode [, quiet]]), torch.MemoryFile([storage] [, mode]) and
-- torch.PipeFile(command [, mode]): files as scripts for Torch7 use them.
--
--     local file = torch.DiskFile("model.t7", "w"):binary()
--     file:writeObject(model)
--     file:writeInt(3)
--     file:close()
--
-- Modes are "r" (the default), "w" and "rw"; text (ascii) is the default spelling, as in Torch7.
-- readInt() gives a number, readInt(n) a storage of n; writeInt takes either; so do Byte, Char,
-- Short, Long, Float and Double. Objects share one numbering in a file, as in Torch7.
--
-- Contents are held in memory: they come from the disk when the file is opened, and go there when
-- it is closed, synchronized or collected. What cannot be opened, read or written raises, or, after
-- quiet(), sets hasError(). Binary files are read in either byte order and with longs of 8 or 4
-- bytes (bigEndianEncoding(), longSize(4)), and written in this machine's order with 8.
local circlet = require "circlet"
local class = require "circlet.class"
local core = require "circlet.core"
local decode = require "circlet.serialize.decode"
local format = require "circlet.serialize.format"
local reader = require "circlet.serialize.reader"
local writer = require "circlet.serialize.writer"

local File = class "torch.File"

local function start(self, mode, quiet)
  mode = mode or "r"
  if mode ~= "r" and mode ~= "w" and mode ~= "rw" then
    error(('torch.File: the mode is "r", "w" or "rw", got %s'):format(tostring(mode)), 4)
  end
  self.readable, self.writable = mode ~= "w", mode ~= "r"
  self.spelling, self.spacing, self.isquiet, self.failed = "ascii", true, quiet or false, false
  self.order, self.longs = format.native, 8
  self.bytes, self.pieces, self.length, self.at = "", {}, 0, 1
end

-- The contents as one string.
local function contents(self)
  if #self.pieces > 0 then
    self.bytes, self.pieces = self.bytes .. table.concat(self.pieces), {}
  end
  return self.bytes
end

local function set_contents(self, bytes)
  self.bytes, self.pieces, self.length = bytes, {}, #bytes
end

-- Raises, or notes the failure of a quiet file and returns what is left over for the caller.
local function fail(self, text, ...)
  self.failed = true
  if not self.isquiet then error(class.type(self) .. ": " .. text:format(...), 4) end
end

local function check(self, what)
  if not self.bytes then error("torch.File: attempt to use a closed file", 3) end
  if not self[what] then
    error(("torch.File: attempt to %s"):format(what == "readable" and "read in a write-only file"
      or "write in a read-only file"), 3)
  end
end

local function put(self, text)
  if self.at > self.length then
    self.pieces[#self.pieces + 1] = text
    self.length = self.length + #text
  else
    local bytes = contents(self)
    set_contents(self, bytes:sub(1, self.at - 1) .. text .. bytes:sub(self.at + #text))
  end
  self.at, self.dirty = self.at + #text, true
end

-- One element of a type at the position, or nil; moves on.
local words = { nan = 0 / 0, ["-nan"] = 0 / 0, inf = math.huge, ["-inf"] = -math.huge }

local function get_text(self, kind)
  local bytes = contents(self)
  if kind.characters then
    local byte = bytes:sub(self.at, self.at)
    if byte == "" then return nil end
    self.at = self.at + 1
    return (string.unpack(kind.layout, byte))
  end
  local word, after = bytes:match("^%s*(%S+)()", self.at)
  local value = word and (words[word:lower()] or tonumber(word))
  if not value then return nil end
  self.at = after
  return value
end

local function get_binary(self, kind)
  local layout = self.order .. (kind.layout == "long" and "i" .. self.longs or kind.layout)
  if self.at + string.packsize(layout) - 1 > self.length then return nil end
  local value, after = string.unpack(layout, contents(self), self.at)
  self.at = after
  return value
end

-- A text's newline after what was read, when files are spaced by themselves.
local function end_of_line(self)
  if self.spelling == "ascii" and self.spacing and contents(self):byte(self.at) == 10 then
    self.at = self.at + 1
  end
end

local function read_elements(self, kind, into, count)
  check(self, "readable")
  local get = self.spelling == "ascii" and get_text or get_binary
  if count == nil then
    local value = get(self, kind)
    if value == nil then
      fail(self, "read error: read 0 blocks instead of 1")
      return 0
    end
    end_of_line(self)
    return value
  end
  local list = {}
  for i = 1, count do
    list[i] = get(self, kind)
    if list[i] == nil then
      fail(self, "read error: read %d blocks instead of %d", i - 1, count)
      break
    end
  end
  if count > 0 then end_of_line(self) end
  return core[into .. "Storage"](list)
end

local spelling = { Float = "%.9g", Double = "%.17g" }

local function write_elements(self, kind, element, value)
  check(self, "writable")
  local list = circlet.isStorage(value) and value:totable() or { value }
  local texts, ascii = {}, self.spelling == "ascii"
  for i, number in ipairs(list) do
    if element == "Float" then number = string.unpack("f", string.pack("f", number)) end
    if ascii and not kind.characters then
      texts[i] = (spelling[element] or "%d"):format(number)
    else
      texts[i] = string.pack("=" .. (kind.layout == "long" and "i8" or kind.layout), number)
    end
  end
  local text = table.concat(texts, ascii and self.spacing and not kind.characters and " " or "")
  put(self, text .. (ascii and self.spacing and #list > 0 and "\n" or ""))
  return #list
end

for _, element in ipairs { "Byte", "Char", "Short", "Int", "Long", "Float", "Double" } do
  local kind = format.elements[element]
  File["read" .. element] = function(self, count)
    return read_elements(self, kind, element, count)
  end
  File["write" .. element] = function(self, value)
    return write_elements(self, kind, element, value)
  end
end

function File:readBool() return self:readInt() == 1 end
function File:writeBool(value) return self:writeInt(value and 1 or 0) end

--- The rest of the line ("*l", without its end; the default) or of the file ("*a").
function File:readString(what)
  check(self, "readable")
  local bytes = contents(self)
  if what == "*a" or what == "a" then
    local text = bytes:sub(self.at)
    self.at = self.length + 1
    return text
  end
  if self.at > self.length then
    fail(self, "read error: read 0 blocks instead of 1")
    return ""
  end
  local text, after = bytes:match("^([^\n]*)\n?()", self.at)
  self.at = after
  return text
end

function File:writeString(text)
  check(self, "writable")
  put(self, text)
  return #text
end

--- The next object; objects that were read before are known by their numbers.
function File:readObject()
  check(self, "readable")
  self.reader = self.reader or reader.open()
  local mode = self.spelling == "ascii" and "ascii" or "binary"
  self.reader.decode = decode.new(contents(self), mode, self.longs, self.order)
  self.reader.decode.position = self.at
  local ok, result = format.try(self.reader.readObject, self.reader)
  if not ok then return fail(self, "read error: %s", result.message) end
  self.at = self.reader.decode.position
  return result
end

function File:writeObject(object)
  check(self, "writable")
  self.writer = self.writer or writer.open("writeObject")
  put(self, self.writer:text_of(object, self.spelling))
end

function File:position() return self.at end

--- Moves to a position from 1, or to the end.
function File:seek(position)
  if position < 1 or position > self.length + 1 then
    fail(self, "unable to seek at position %s", tostring(position))
  else
    self.at = math.tointeger(position)
  end
  return self
end

function File:seekEnd()
  self.at = self.length + 1
  return self
end

local function setter(field, value)
  return function(self)
    self[field] = value
    return self
  end
end

File.ascii, File.binary = setter("spelling", "ascii"), setter("spelling", "binary")
File.autoSpacing, File.noAutoSpacing = setter("spacing", true), setter("spacing", false)
File.quiet, File.pedantic = setter("isquiet", true), setter("isquiet", false)
File.clearError = setter("failed", false)
File.nativeEndianEncoding = setter("order", format.native)
File.noBuffer = setter("buffered", false)

local function encoding(order)
  return function(self)
    if self.writable and order ~= format.native then
      error("torch.File: files are written in this machine's byte order", 2)
    end
    self.order = order
    return self
  end
end
File.littleEndianEncoding, File.bigEndianEncoding = encoding "<", encoding ">"

function File:longSize(bytes)
  if bytes ~= 4 and bytes ~= 8 and bytes ~= 0 then
    error("torch.File: longs have 4 or 8 bytes, got " .. tostring(bytes), 2)
  elseif bytes == 4 and self.writable then
    error("torch.File: longs are written with 8 bytes", 2)
  end
  self.longs = bytes == 4 and 4 or 8
  return self
end

--- Whether objects are known again by their numbers: always, here.
function File:referenced(value)
  if value == false then
    error("torch.File: objects are always written once and referred to afterwards", 2)
  end
  return self
end

function File.isReferenced() return true end
function File:isQuiet() return self.isquiet end
function File:isReadable() return self.readable end
function File:isWritable() return self.writable end
function File:isBinary() return self.spelling == "binary" end
function File:isAutoSpacing() return self.spacing end
function File:hasError() return self.failed end
function File.isLittleEndianCPU() return format.native == "<" end
function File.isBigEndianCPU() return format.native == ">" end

--- Writes what is not yet in its place.
function File:synchronize()
  if self.dirty and self.store then self:store(contents(self)) end
  self.dirty = false
  return self
end

function File:close()
  if self.bytes then self:synchronize() end
  self.bytes, self.readable, self.writable = nil, false, false
end

function File:__gc()
  if rawget(self, "bytes") then pcall(self.close, self) end
end

function File:__tostring()
  if not self.bytes then return class.type(self) .. " [status: closed]" end
  local mode = self.readable and self.writable and "rw" or self.readable and "r" or "w"
  return ("%s [status: open -- mode: %s]"):format(class.type(self), mode)
end

local DiskFile = class("torch.DiskFile", "torch.File")

local open_modes = { r = "rb", w = "wb", rw = "r+b" }

function DiskFile:__init(path, mode, quiet)
  start(self, mode, quiet)
  self.path = path
  local handle, message = io.open(path, open_modes[mode or "r"])
  if not handle then
    self.bytes = nil
    error(("torch.DiskFile: cannot open <%s> in mode %s: %s"):format(path, mode or "r", message), 3)
  end
  if self.readable then set_contents(self, handle:read "a" or "") end
  handle:close()
end

-- A quiet file that cannot be opened is nil.
local construct = getmetatable(DiskFile).__call
getmetatable(DiskFile).__call = function(self, path, mode, quiet)
  if type(path) ~= "string" then error("torch.DiskFile: the name of a file expected", 2) end
  if quiet and open_modes[mode or "r"] then
    local handle = io.open(path, open_modes[mode or "r"])
    if not handle then return nil end
    handle:close()
  end
  return construct(self, path, mode, quiet)
end

function DiskFile:store(bytes)
  local ok, message = circlet.write_file(self.path, bytes)
  if not ok then fail(self, "write error: %s", message) end
end

local MemoryFile = class("torch.MemoryFile", "torch.File")

function MemoryFile:__init(storage, mode)
  if type(storage) == "string" then storage, mode = nil, storage end
  start(self, mode or "rw")
  if storage then
    local bytes = storage:string()
    if bytes:sub(-1) ~= "\0" then error("torch.MemoryFile: the storage must end with 0", 3) end
    set_contents(self, bytes:sub(1, -2))
    self.backing = storage
  end
end

--- The contents in a CharStorage, and a 0 after them.
function MemoryFile:storage()
  check(self, self.readable and "readable" or "writable")
  return circlet.CharStorage():string(contents(self) .. "\0")
end

local PipeFile = class("torch.PipeFile", "torch.File")

function PipeFile:__init(command, mode, quiet)
  if mode == "rw" then error('torch.PipeFile: the mode is "r" or "w"', 3) end
  start(self, mode, quiet)
  self.command = command
  if self.readable then
    local pipe = assert(io.popen(command, "r"))
    set_contents(self, pipe:read "a")
    pipe:close()
  end
end

function PipeFile:store(bytes)
  local pipe = assert(io.popen(self.command, "w"))
  pipe:write(bytes)
  if not pipe:close() then fail(self, "write error: the command failed") end
end

return { File = File, DiskFile = DiskFile, MemoryFile = MemoryFile, PipeFile = PipeFile }
