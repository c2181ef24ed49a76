--- The two spellings of a .t7 file, as the writer uses them. An encoder has the methods
-- int(i), double(d), number(type id, d), longs(list), text(string with its length in front),
-- storage(storage, element type) and finish() -> list of pieces.

-- Small pieces are joined before a storage and at the end, so that a file of a thousand numbers is
-- one piece.
local Pieces = {}
Pieces.__index = Pieces

function Pieces:add(text) self.small[#self.small + 1] = text end

function Pieces:flush()
  if #self.small == 0 then return end
  self.pieces[#self.pieces + 1] = table.concat(self.small)
  self.small = {}
end

function Pieces:finish()
  self:flush()
  return self.pieces
end

local Binary = setmetatable({}, Pieces)
Binary.__index = Binary

function Binary:int(i) self:add(string.pack("=i4", i)) end
function Binary:number(id, d) self:add(string.pack("=i4d", id, d)) end
function Binary:double(d) self:add(string.pack("=d", d)) end

function Binary:longs(list)
  for _, i in ipairs(list) do self:add(string.pack("=i8", i)) end
end

local function check_length(text)
  if #text > 0x7fffffff then error("a string of 2 GiB or more does not fit a .t7 file", 0) end
end

function Binary:text(text)
  check_length(text)
  self:int(#text)
  self:add(text)
end

function Binary:storage(storage)
  self:longs { storage:size() }
  self:flush()
  if storage:size() > 0 then self.pieces[#self.pieces + 1] = storage end
end

-- ASCII: the elements of one write are separated by spaces and end with a newline; a write of no
-- elements leaves no trace; characters are raw.
local Ascii = setmetatable({}, Pieces)
Ascii.__index = Ascii

function Ascii:int(i) self:add(("%d\n"):format(i)) end
function Ascii:number(id, d) self:add(("%d\n%.17g\n"):format(id, d)) end
function Ascii:double(d) self:add(("%.17g\n"):format(d)) end

function Ascii:longs(list)
  if #list > 0 then self:add(table.concat(list, " ") .. "\n") end
end

function Ascii:raw(text)
  if #text > 0 then self:add(text .. "\n") end
end

function Ascii:text(text)
  check_length(text)
  self:int(#text)
  self:raw(text)
end

local spelling = { Float = "%.9g", Double = "%.17g", Long = "%d", Int = "%d", Short = "%d" }

function Ascii:storage(storage, element)
  self:longs { storage:size() }
  if element == "Byte" or element == "Char" then return self:raw(storage:string()) end
  local list, pattern = storage:totable(), spelling[element]
  for i = 1, #list do list[i] = pattern:format(list[i]) end
  if #list > 0 then self:add(table.concat(list, " ") .. "\n") end
end

local encode = {}

function encode.new(mode)
  return setmetatable({ pieces = {}, small = {} }, mode == "ascii" and Ascii or Binary)
end

return encode
