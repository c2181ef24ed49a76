-- Damages bytes at random, the same way for the same seed: every choice comes from one generator of
-- circlet's own.
local circlet = require "circlet"

local Mutator = {}
Mutator.__index = Mutator

-- What lengths, counts and type codes are confused by.
local numbers = { 0, 1, -1, 127, 128, 255, 256, 32767, 65535, 0x7fffffff, 0x80000000, 0xffffffff,
  0x100000000, 0x7fffffffffffffff, math.mininteger }
local words = { "0", "-1", "1e999", "nan", "inf", "2147483648", "9223372036854775807", "-0", "0x10",
  "1.5", "", "\n", " ", "\0", "99999999999999999999", "[", "{", '"', "\\u", "V 1" }

local function new(seed)
  return setmetatable({ generator = circlet.Generator(seed) }, Mutator)
end

--- A number from 1 to n.
function Mutator:pick(n) return circlet.random(self.generator, 1, n) end

function Mutator:one_of(list) return list[self:pick(#list)] end

-- Replaces bytes from..to by `new`.
local function splice(bytes, from, to, new_bytes)
  return bytes:sub(1, from - 1) .. new_bytes .. bytes:sub(to + 1)
end

local damage = {
  function(self, bytes, at) -- one bit
    return splice(bytes, at, at, string.char(bytes:byte(at) ~ 1 << self:pick(8) - 1))
  end,
  function(self, bytes, at) return splice(bytes, at, at, string.char(self:pick(256) - 1)) end,
  function(self, bytes, at) -- a number of 1, 2, 4 or 8 bytes, in either order
    local width, number = self:one_of { 1, 2, 4, 8 }, self:one_of(numbers)
    local packed = string.pack(self:one_of { "<i8", ">i8" }, number)
    packed = self:pick(2) == 1 and packed:sub(1, width) or packed:sub(-width)
    return splice(bytes, at, at + width - 1, packed)
  end,
  function(self, bytes, at) return splice(bytes, at, at + self:pick(8) - 1, "") end, -- cut out
  function(_, bytes, at) return bytes:sub(1, at - 1) end, -- cut off
  function(self, bytes, at) -- repeat a part
    local part = bytes:sub(at, at + self:pick(16) - 1)
    return splice(bytes, at, at - 1, part:rep(self:one_of { 1, 2, 50 }))
  end,
  function(self, bytes, at) return splice(bytes, at, at - 1, self:one_of(words)) end,
  function(self, bytes, at) -- another word in place of one
    local from, to = bytes:find("[%w.+-]+", at)
    return from and splice(bytes, from, to, self:one_of(words)) or bytes
  end,
  function(self, bytes, at, others) -- the end of another input
    local other = self:one_of(others)
    return bytes:sub(1, at) .. other:sub(self:pick(#other + 1))
  end,
}

--- One of the inputs, damaged in one to four places.
function Mutator:damaged(inputs)
  local bytes = self:one_of(inputs)
  for _ = 1, self:pick(4) do
    if #bytes == 0 then break end
    bytes = self:one_of(damage)(self, bytes, self:pick(#bytes), inputs)
  end
  return bytes
end

return new
