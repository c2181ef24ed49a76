-- .t7 files of other machines, of old versions of Torch7 and of CUDA.
local circlet = require "circlet"
local nn = circlet.nn
local dialects = require "spec.serialize.dialects"
local files = require "spec.io.support"
local support = require "spec.support"

local function each(f)
  for _, order in ipairs { "<", ">" } do
    for _, long in ipairs { 4, 8 } do
      local what = ("order %s, longs of %d bytes"):format(order, long)
      f(dialects.files(order, long), what, order, long)
    end
  end
end

local function read(bytes) return assert(circlet.deserialize(bytes)) end

describe("a .t7 file", function()
  it("is read in both byte orders, with longs of 8 and 4 bytes", function()
    each(function(file, what)
      assert.same({ a = 1.5, b = true, c = "text" }, read(file.table), what)
      for name, expected in pairs {
        Float = { "Float", 1.5, -2, 1e20 }, Double = { "Double", 0.1, -1e300 },
        Long = { "Long", 7, -8, 1 << 30 }, Int = { "Int", 1 << 30, -5 }, Byte = { "Byte", 0, 255 },
        Char = { "Char", -128, 127 }, Short = { "Short", -32768, 258 },
        Half = { "Float", 1, -2, 65504, 2 ^ -24, math.huge },
        Cuda = { "Float", 3.25, -1 }, CudaDouble = { "Double", 0.5 }, CudaLong = { "Long", 1, -2 },
        CudaInt = { "Int", 9 }, CudaByte = { "Byte", 8 },
      } do
        local t = read(file[name])
        assert.equal(("circlet.%sTensor"):format(expected[1]), t:type(), what)
        support.near({ table.unpack(expected, 2) }, support.flat(t), 2 ^ -24, what .. name)
      end
    end)
  end)

  it("keeps the places of a matrix and shared storages in all of them", function()
    for _, order in ipairs { "<", ">" } do
      for _, long in ipairs { 4, 8 } do
        local w = dialects.writer(order, long)
        local bytes = w.fields {
          "m", function() return w.tensor("Double", { 1, 2, 3, 4, 5, 6 }, 2) end, -- numbers 2, 3
          "row", function()
            return w.object("torch.DoubleTensor", function()
              return w.int(1) .. w.long(3, 1, 4) .. w.int(4) .. w.int(3)
            end)
          end,
        }
        local t = read(bytes)
        assert.same({ { 1, 2, 3 }, { 4, 5, 6 } }, t.m:totable())
        t.m:fill(7)
        assert.same({ 7, 7, 7 }, t.row:totable())
      end
    end
  end)

  it("may be told its width, which must then be right", function()
    each(function(file, what, _, long)
      local right, wrong = long == 4 and "b32" or "b64", long == 4 and "b64" or "b32"
      assert.same({ 9 }, circlet.deserialize(file.CudaInt, right):totable(), what)
      files.refused("format", "deserialize: byte", circlet.deserialize(file.Float, wrong))
    end)
    support.raises('the mode is "binary", "b32", "b64" or "ascii", got b16', circlet.deserialize,
      "", "b16")
    support.raises('the mode is "binary" or "ascii", got b32', circlet.serialize, 1, "b32")
  end)

  it("that is damaged is not taken for one of the other width", function()
    -- the first part of a storage with wide longs is a storage with narrow ones
    local wide, narrow = dialects.writer("<", 8), dialects.writer("<", 4)
    local bytes = wide.storage("Long", { 2, 7 })
    local part = bytes:sub(1, #bytes - 12)
    assert.equal(narrow.storage("Long", { 0, 2 }), part)
    files.refused("format", "the file ends too early, or has longs of 4 bytes",
      circlet.deserialize(part))
    assert.same({ 0, 2 }, circlet.deserialize(part, "b32"):totable())
    assert.same({ 5, 2 }, read(dialects.writer("<", 4).storage("Long", { 5, 2 })):totable())
    -- a tensor that is sound with wide longs, and a type of object that is not: with narrow longs
    -- the same bytes hold an empty tensor, and 99 is part of a number
    local w = dialects.writer("<", 8)
    local head = w.int(3) .. w.int(1) .. w.int(2) .. w.string "a" .. w.int(4) .. w.int(2)
      .. w.text "V 1" .. w.text "torch.IntTensor" .. w.int(1) .. w.long(0, 1, 1)
    local broken = head .. w.int(99) .. w.boolean(true)
    files.refused("format", "99 is no type of object", circlet.deserialize(broken))
    assert.equal(0, circlet.deserialize(broken, "b32").a:nElement())
    each(function(file, what, order, long)
      if long == 4 or order == ">" then return end
      for name, whole in pairs(file) do
        files.flip_bits(function(damaged)
          local value, message, code = circlet.deserialize(damaged)
          -- what is read as longs of 4 bytes was no file of longs of 8
          if value ~= nil and circlet.deserialize(damaged, "b64") == nil then
            error(what .. name)
          end
          return value, message, code
        end, whole, function() end)
      end
    end)
  end)

  it("brings modules of old versions up to date", function()
    each(function(file, what)
      local norm = read(file.norm)
      assert.equal("nn.BatchNormalization", circlet.type(norm), what)
      assert.same({ 3.75, 15.75 }, norm.running_var:totable(), what) -- std^-2 - eps
      assert.equal(nil, norm.running_std)
      assert.equal("circlet.FloatTensor", norm:type())
      -- (x - mean) * std
      assert.same({ { 1, 1 } }, norm:forward(circlet.FloatTensor { { 3, 6 } }):totable())
      assert.same({ 3, 2 }, read(file.view):forward(circlet.FloatTensor(6)):size():totable())
      local entropy = read(file.entropy)
      assert.equal(true, entropy.sizeAverage)
      local conv = read(file.conv)
      assert.same({ 2, 2 }, { conv.padW, conv.padH })
      assert.equal("nn.SpatialConvolutionMM", circlet.type(conv))
    end)
    local w = dialects.writer("<", 8)
    local mean = read(w.object("nn.Mean", function()
      return w.fields { "dimension", w.number(1) }
    end))
    mean.output = circlet.FloatTensor()
    assert.same({ 2, 3 }, mean:forward(circlet.FloatTensor { { 1, 2 }, { 3, 4 } }):totable())
  end)

  it("leaves unknown classes tagged and their functions closed", function()
    each(function(file)
      local t = read(file.unknown)
      assert.equal("far.Away", t.__torch_class)
      assert.same({ __torch_function = 8, bytecode = "\27LJ" }, t.f)
    end)
  end)

  it("is refused wherever it is cut, and when bytes follow", function()
    each(function(file, what)
      for name, bytes in pairs(file) do
        for length = 0, #bytes - 1 do
          local value, _, code = circlet.deserialize(bytes:sub(1, length))
          assert(value == nil and code == "format", what .. name .. length)
        end
        assert.equal("format", (select(3, circlet.deserialize(bytes .. "\0"))), what .. name)
      end
    end)
  end)

  it("passes an interrupt on that comes while a class is loaded", function()
    local loaded = package.loaded["circlet.data"]
    finally(function()
      package.loaded["circlet.data"], package.preload["circlet.data"] = loaded, nil
    end)
    package.loaded["circlet.data"] = nil
    package.preload["circlet.data"] = function() error("interrupted!", 0) end
    local w = dialects.writer("<", 8)
    local bytes = w.object("data.Unheard", function() return w.fields {} end)
    local ok, message = pcall(circlet.deserialize, bytes)
    assert.same({ false, "interrupted!" }, { ok, message })
  end)

  it("written by circlet with older fields is what it was", function()
    local net = nn.Sequential():add(nn.View(-1, 4)):add(nn.BatchNormalization(4)):add(nn.Mean(1))
    local copy = read(circlet.serialize(net))
    local x = circlet.FloatTensor(8):normal()
    assert.same(support.flat(net:forward(x)), support.flat(copy:forward(x)))
  end)
end)
