-- Run by real Torch7: reads files that circlet wrote (spec/serialize/torch7_spec.lua), checks what
-- they hold, and writes them again. luajit read.lua FOLDER
local torch = require "torch"

_G.spec, _G.nn = {}, {}
torch.class "spec.Written"
torch.class "nn.Linear"

local function equal(tensor, list)
  local flat = tensor:contiguous():view(-1)
  assert(flat:size(1) == #list)
  for i = 1, #list do assert(flat[i] == list[i] or list[i] ~= list[i]) end
end

for _, mode in ipairs { "binary", "ascii" } do
  local t = torch.load(("%s/%s.t7"):format(arg[1], mode), mode)
  assert(t[1] == 1 and t[2] == 2.5 and t[3] == "three" and t[4] == false and t[10] == "ten")
  assert(t.self == t and t.text == "a\nb\0c " and t.empty == "" and t.big == 2 ^ 53)
  assert(t.none ~= t.none and t.minus == -1 / 0 and 1 / t.zero == -1 / 0 and t.tiny == 5e-324)
  assert(torch.typename(t.thing) == "spec.Written" and t.thing.owner == t)
  equal(t.double, { 0.1, 1 / 3, -5e-324, 1e300, -1 / 0, 0 })
  assert(t.double:size(1) == 2 and t.double:stride(1) == 3)
  equal(t.turned, { 0.1, 1e300, 1 / 3, -1 / 0, -5e-324, 0 })
  assert(torch.pointer(t.turned:storage()) == torch.pointer(t.double:storage()))
  assert(t.part:storageOffset() == 2)
  equal(t.part, { 1 / 3, -5e-324, -1 / 0, 0 })
  equal(t.wide, { 1.5, 1.5, -2, -2 })
  equal(t.byte, { 0, 10, 255 })
  equal(t.int, { 2 ^ 31 - 1, -2 ^ 31 })
  equal(t.long, { 2 ^ 40, -5 })
  assert(torch.typename(t.storage) == "torch.LongStorage" and t.storage[2] == -8)
  assert(t.nothing:dim() == 0 and torch.typename(t.nothing) == "torch.FloatTensor")
  equal(t.char, { -128, 10 })
  equal(t.short, { -32768, 258 })
  assert(torch.typename(t.model) == "nn.Linear" and t.model.weight:size(2) == 3)
  torch.save(("%s/%s_back.t7"):format(arg[1], mode), t, mode)
end
print "read"
