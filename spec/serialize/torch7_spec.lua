-- .t7 files that real Torch7 wrote (spec/serialize/torch7/README.md tells their origin), and, where
-- real Torch7 is, files of circlet's that it reads and writes again.
local circlet = require "circlet"
local class = require "circlet.class"
local files = require "spec.io.support"
local shell = require "circlet.report.shell"
local support = require "spec.support"
local torch7 = require "spec.torch7.support"

local folder = "spec/serialize/torch7/"
local spellings = { "ascii", "little64", "little32", "big64", "big32" }

local function same(list, tensor)
  assert.same(list, support.flat(tensor))
end

describe("files of real Torch7", function()
  for _, name in ipairs(spellings) do
    local mode = name == "ascii" and "ascii" or nil
    it("are read as they were written: " .. name, function()
      local t = assert(circlet.load(folder .. name .. ".t7", mode))
      assert.same({ 1, 2.5, "three", false, "ten", "yes" }, { t[1], t[2], t[3], t[4], t[10],
        t[true] })
      assert.equal(-math.huge, 1 / t[0.5]) -- -0.0
      assert(t.none ~= t.none)
      assert.same({ "a\nb\0c ", "", 1 << 53, 5e-324, -math.huge },
        { t.text, t.empty, t.big, t.tiny, t.minus })
      assert.equal(t, t.self)
      local thing = t.thing
      assert.equal("spec.Torch7Thing", thing.__torch_class)
      assert.equal(t, thing.owner)
      same({ 0.1, 1 / 3, -5e-324, 1e300, -math.huge, 0 }, thing.weight)
      same({ 1e300, -math.huge, 0 }, thing.row)
      same({ 0.1, 1e300, 1 / 3, -math.huge, -5e-324, 0 }, thing.turned)
      same({ 1 / 3, -5e-324, -math.huge, 0 }, thing.part)
      thing.weight:fill(8) -- one storage
      same({ 8, 8, 8 }, thing.row)
      same({ 8, 8, 8, 8 }, thing.part)
      same({ 8, 8, 8, 8, 8, 8 }, thing.turned)
      assert.equal(8, thing.callback.__torch_function)
      assert(thing.callback.bytecode:find "^\27LJ")
      assert.same({ "up", 5 }, { thing.callback.upvalues[1].name,
        thing.callback.upvalues[1].value })
      assert.equal(0, t.nothing:dim())
      assert.same({ 7, -8, 9 }, t.storage:totable())
      same({ 1.5, 1.5, -2, -2 }, t.wide:narrow(1, 1, 2))
      assert.same({ 1, 0 }, t.wide:stride():totable())
      same({ 0, 10, 32, 255 }, t.byte)
      same({ -128, 10, 127 }, t.char)
      same({ -32768, 258, 32767 }, t.short)
      same({ (1 << 31) - 1, -(1 << 31) }, t.int)
      same({ (1 << 31) - 1, -5 }, t.long)
      same({ 1, -2.5, 65504 }, t.half)
    end)

    it("are refused wherever they are cut: " .. name, function()
      local bytes = files.read(folder .. name .. ".t7")
      for length = 0, #bytes - 1 do
        local value, _, code = circlet.deserialize(bytes:sub(1, length), mode)
        assert(value == nil and code == "format", length)
      end
    end)
  end

  it("and those of circlet are one to real Torch7", function()
    local real, why = torch7.real()
    if not real then return pending(why) end
    local path, remove = files.folder()
    finally(remove)
    finally(function()
      class.forget "spec.Written"
      remove()
    end)
    local thing = class "spec.Written"()
    local double = circlet.DoubleTensor { { 0.1, 1 / 3, -5e-324 }, { 1e300, -math.huge, 0 } }
    local t = {
      1, 2.5, "three", false, [10] = "ten", text = "a\nb\0c ", empty = "", big = 1 << 53,
      none = 0 / 0, minus = -math.huge, zero = -0.0, tiny = 5e-324, thing = thing, double = double,
      turned = double:t(), part = double:narrow(2, 2, 2),
      wide = circlet.FloatTensor { { 1.5 }, { -2 } }:expand(2, 2),
      byte = circlet.ByteTensor { 0, 10, 255 },
      int = circlet.IntTensor { (1 << 31) - 1, -(1 << 31) },
      char = circlet.CharTensor { -128, 10 }, short = circlet.ShortTensor { -32768, 258 },
      long = circlet.LongTensor { 1 << 40, -5 }, storage = circlet.LongStorage { 7, -8, 9 },
      nothing = circlet.FloatTensor(), model = circlet.nn.Linear(3, 2),
    }
    t.self, thing.owner = t, t
    for _, mode in ipairs { "binary", "ascii" } do
      assert(circlet.save(("%s/%s.t7"):format(path, mode), t, mode))
    end
    torch7.lines(torch7.command("spec/serialize/torch7/read.lua", shell.quote(path)))
    for _, mode in ipairs { "binary", "ascii" } do
      local back = assert(circlet.load(("%s/%s_back.t7"):format(path, mode), mode))
      -- the same object: written again by circlet, which sorts keys, it is the same file
      assert.equal(circlet.serialize(t, mode), circlet.serialize(back, mode))
    end
  end)
end)
