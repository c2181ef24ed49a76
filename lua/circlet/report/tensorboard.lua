--- Event files of TensorBoard: curves of numbers over steps.
--
--     local board = assert(tensorboard.open "runs/board/trial-00007")
--     board:scalar("loss", 0.25, 1)
--     board:close()
--
-- A file is a row of records, each its length, a checksum of that, the bytes, a checksum of those
-- (TFRecord; CRC-32C, Castagnoli's polynomial, turned and shifted). A record is a protocol buffer,
-- Event, of which only these fields are written: wall_time = 1 (double), step = 2 (int64),
-- file_version = 3 (string), summary = 5 { value = 1 { tag = 1 (string), simple_value = 2 (float)
-- } }.
-- @example
-- local board = report.tensorboard.open "board"
-- board:scalar("loss", 0.5, 1)
-- board:close()    --> true
local uv = require "luv"
local files = require "circlet.report.files"

local tensorboard = {}
tensorboard.__index = tensorboard

local crc_of_byte = {}
for byte = 0, 255 do
  local crc = byte
  for _ = 1, 8 do crc = crc >> 1 ~ (crc & 1) * 0x82F63B78 end
  crc_of_byte[byte] = crc
end

--- The CRC-32C of a string.
-- @internal
function tensorboard.crc(s)
  local crc = 0xffffffff
  for i = 1, #s do crc = crc >> 8 ~ crc_of_byte[(crc ~ s:byte(i)) & 0xff] end
  return crc ~ 0xffffffff
end

-- As a record has it: a checksum of data with checksums in it would be of little use.
local function masked(s)
  local crc = tensorboard.crc(s)
  return ((crc >> 15 | crc << 17) + 0xa282ead8) & 0xffffffff
end

--- A record of the file.
-- @internal
function tensorboard.record(bytes)
  local length = ("<I8"):pack(#bytes)
  return length .. ("<I4"):pack(masked(length)) .. bytes .. ("<I4"):pack(masked(bytes))
end

-- A whole number in groups of seven bits, the lowest first; negative ones as 64 bits.
local function varint(n)
  local bytes = {}
  repeat
    local rest = n >> 7
    bytes[#bytes + 1] = string.char(rest ~= 0 and n & 0x7f | 0x80 or n & 0x7f)
    n = rest
  until n == 0
  return table.concat(bytes)
end

-- A field of bytes.
local function field(number, bytes) return varint(number << 3 | 2) .. varint(#bytes) .. bytes end

local function event(seconds, step, body)
  return "\9" .. ("<d"):pack(seconds) .. (step ~= 0 and "\16" .. varint(step) or "") .. body
end

--- A new event file in `folder`, which is made. Returns nil, message, "io".
-- @param folder string
-- @return table board
-- @example
-- local board = report.tensorboard.open "board"
-- board:close()    --> true
function tensorboard.open(folder)
  local ok, message, code = files.make_folder(folder)
  if not ok then return nil, message, code end
  local seconds, micro = uv.gettimeofday()
  local path = ("%s/events.out.tfevents.%010d.circlet.%d.%d"):format(folder, seconds,
    uv.os_getpid(), uv.hrtime())
  local file
  file, message = io.open(path, "wb")
  if not file then return nil, "cannot write " .. message, "io" end
  file:write(tensorboard.record(event(seconds + micro / 1e6, 0, field(3, "brain.Event:2"))))
  return setmetatable({ file = file, path = path }, tensorboard)
end

--- Notes that the curve `tag` has `value` at `step` (a whole number). seconds: when (since 1970;
-- now by default).
-- @param tag string
-- @param value number
-- @param step integer
-- @param seconds? number since 1970; now by default
-- @example
-- local board = report.tensorboard.open "board"
-- board:scalar("loss", 0.5, 1)
function tensorboard:scalar(tag, value, step, seconds)
  step = math.tointeger(step)
  if type(tag) ~= "string" or type(value) ~= "number" or not step then
    error("tensorboard:scalar: a name, a number and a whole number expected", 2)
  elseif not self.file then
    error("tensorboard:scalar: the file is closed", 2)
  end
  if not seconds then
    local whole, micro = uv.gettimeofday()
    seconds = whole + micro / 1e6
  end
  local point = field(1, tag) .. "\21" .. ("<f"):pack(value)
  self.file:write(tensorboard.record(event(seconds, step, field(5, field(1, point)))))
end

--- Ends the file. Returns true; or nil, message, "io" when it could not be written.
-- @return boolean true
-- @example
-- local board = report.tensorboard.open "board"
-- board:close()    --> true
function tensorboard:close()
  local file = self.file
  if not file then return true end
  self.file = nil
  local ok, message = file:close()
  if not ok then return nil, ("cannot write %s: %s"):format(self.path, message), "io" end
  return true
end

return tensorboard
