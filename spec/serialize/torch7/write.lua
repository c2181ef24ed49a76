-- Run by real Torch7: writes the .t7 files beside this one, luajit write.lua FOLDER. They are
-- fixtures of spec/serialize/torch7_spec.lua; README.md tells their origin.
local torch = require "torch"

_G.spec = {}
local Thing = torch.class "spec.Torch7Thing"
Thing.__version = 3

local function sample()
  local weight = torch.DoubleTensor { { 0.1, 1 / 3, -5e-324 }, { 1e300, -1 / 0, 0 } }
  local thing = _G.spec.Torch7Thing()
  thing.weight, thing.row, thing.turned = weight, weight[2], weight:t()
  thing.part = weight:narrow(2, 2, 2)
  local up = 5
  thing.callback = function(x) return x + up end
  local t = {
    1, 2.5, "three", false, [10] = "ten", [0.5] = -0.0, [true] = "yes", none = 0 / 0,
    text = "a\nb\0c ", empty = "", big = 2 ^ 53, tiny = 5e-324, minus = -1 / 0,
    thing = thing, nothing = torch.FloatTensor(), storage = torch.LongStorage { 7, -8, 9 },
    wide = torch.FloatTensor { 1.5, -2, 3e38 }:view(3, 1):expand(3, 2),
    byte = torch.ByteTensor { { 0, 10 }, { 32, 255 } }, char = torch.CharTensor { -128, 10, 127 },
    short = torch.ShortTensor { -32768, 258, 32767 }, int = torch.IntTensor { 2 ^ 31 - 1, -2 ^ 31 },
    long = torch.LongTensor { 2 ^ 31 - 1, -5 }, half = torch.FloatTensor { 1, -2.5, 65504 }:half(),
  }
  t.self, thing.owner = t, t
  return t
end

local function write(name, set)
  local file = torch.DiskFile(arg[1] .. "/" .. name .. ".t7", "w")
  set(file)
  file:writeObject(sample())
  file:close()
end

write("ascii", function(file) file:ascii() end)
write("little64", function(file) file:binary():littleEndianEncoding():longSize(8) end)
write("little32", function(file) file:binary():littleEndianEncoding():longSize(4) end)
write("big64", function(file) file:binary():bigEndianEncoding():longSize(8) end)
write("big32", function(file) file:binary():bigEndianEncoding():longSize(4) end)
