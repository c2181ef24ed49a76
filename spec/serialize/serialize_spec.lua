local circlet = require "circlet"
local class = require "circlet.class"
local files = require "spec.io.support"
local support = require "spec.support"

local serialize, deserialize = circlet.serialize, circlet.deserialize

-- A .t7 file by the description of the format: i an int, d a double, l a long, f a float, s a
-- string with its length; anything else is raw.
local function t7(list)
  local parts = {}
  for i = 1, #list, 2 do
    local kind, value = list[i], list[i + 1]
    local layouts = { i = "<i4", d = "<d", l = "<i8", f = "<f", s = "<s4" }
    parts[#parts + 1] = layouts[kind] and string.pack(layouts[kind], value) or value
  end
  return table.concat(parts)
end

-- nn.Thing { weight = 2x2 tensor, bias = its first row, self = itself }
local thing = t7 {
  "i", 4, "i", 1, "s", "V 1", "s", "spec.Thing", "i", 3, "i", 2, "i", 3,
  "i", 2, "s", "weight", "i", 4, "i", 3, "s", "V 1", "s", "torch.FloatTensor", "i", 2, "l", 2,
  "l", 2, "l", 2, "l", 1, "l", 1, "i", 4, "i", 4, "s", "V 1", "s", "torch.FloatStorage", "l", 4,
  "f", 1, "f", 2, "f", 3, "f", 4,
  "i", 2, "s", "bias", "i", 4, "i", 5, "s", "V 1", "s", "torch.FloatTensor", "i", 1, "l", 2,
  "l", 1, "l", 3, "i", 4, "i", 4,
  "i", 2, "s", "self", "i", 4, "i", 1,
}

describe(".t7 serialisation", function()
  for _, mode in ipairs { "binary", "ascii" } do
    local function copy(object) return assert(deserialize(serialize(object, mode), mode)) end

    describe("in " .. mode, function()
      it("keeps plain values", function()
        for _, value in ipairs { true, 0, -1, 3, 1 << 53, 0.1, -1e300, 5e-324, math.huge,
          -math.huge, "", "a\nb\0c ", (" \n"):rep(3) } do
          assert.equal(value, copy(value))
        end
        assert.is_false((deserialize(serialize(false, mode), mode)))
        assert.is_nil(deserialize(serialize(nil, mode), mode))
        local nan = copy { 0 / 0 }[1]
        assert(nan ~= nan)
      end)

      it("reads whole doubles as integers, and keeps the sign of zero", function()
        assert.equal("integer", math.type(copy(3.0)))
        assert.equal("float", math.type(copy(2.0 ^ 60)))
        assert.equal(-math.huge, 1 / copy(-0.0))
      end)

      it("keeps tables with all kinds of keys, sharing and cycles", function()
        local key, shared = {}, { 7 }
        local object = { 1, 2, nil, 4, [10] = "ten", [0.5] = "half", [true] = 1, [key] = shared,
          a = shared, b = { shared }, [-3] = false }
        object.me = object
        local read = copy(object)
        assert.equal(read, read.me)
        assert.equal(read.a, read.b[1])
        assert.same({ 7 }, read.a)
        assert.same({ 1, 2, nil, 4 }, { read[1], read[2], read[3], read[4] })
        assert.equal("ten", read[10])
        assert.equal("half", read[0.5])
        assert.equal(1, read[true])
        assert.is_false(read[-3])
        local found
        for k, v in pairs(read) do if type(k) == "table" then found = v end end
        assert.equal(read.a, found)
      end)

      it("keeps tensors of every type in every layout", function()
        for _, name in ipairs(support.types) do
          local t = circlet[name .. "Tensor"] { { 1, 2, 3 }, { 4, 5, 250 } }
          for _, layout in ipairs(support.layouts(t)) do
            local read = copy(layout)
            assert.equal(layout:type(), read:type())
            assert.same(support.flat(layout), support.flat(read))
            assert.same(layout:stride():totable(), read:stride():totable())
            assert.equal(layout:storageOffset(), read:storageOffset())
          end
          local empty = copy { circlet[name .. "Tensor"](), circlet[name .. "Tensor"](0, 3) }
          assert.same({}, empty[1]:size():totable())
          assert.same({ 0, 3 }, empty[2]:size():totable())
        end
        local expanded = copy(circlet.FloatTensor { { 5 } }:expand(3, 4))
        assert.same({ 3, 4 }, expanded:size():totable())
        assert.equal(1, expanded:storage():size())
      end)

      it("keeps the last bit of numbers in tensors", function()
        local doubles = circlet.DoubleTensor { 0.1, 1 / 3, 5e-324, -1e308, math.huge, 0 / 0 }
        support.near(doubles:totable(), copy(doubles):totable(), 0)
        local floats = circlet.FloatTensor { 0.1, 1 / 3, 2 ^ -149, 3e38, -math.huge, 0 / 0 }
        support.near(floats:totable(), copy(floats):totable(), 0)
        local longs = circlet.LongTensor { math.mininteger, math.maxinteger, (1 << 53) + 1 }
        assert.same(longs:totable(), copy(longs):totable())
        local bytes = circlet.ByteTensor { 10, 32, 0, 255, 13 }
        assert.same(bytes:totable(), copy(bytes):totable())
      end)

      it("keeps storages shared between tensors", function()
        local t = circlet.FloatTensor(4, 2):fill(1)
        local read = copy { t, t:narrow(1, 2, 2), t:storage(), t:storage(), circlet.LongStorage() }
        read[1]:fill(5)
        assert.same({ 5, 5, 5, 5 }, support.flat(read[2]))
        assert.same({ 5, 5, 5, 5, 5, 5, 5, 5 }, read[3]:totable())
        read[4][3] = 9
        assert.equal(9, read[1][2][1])
        assert.equal(0, read[5]:size())
      end)

      it("gives equal objects equal bytes, however they were built", function()
        local a, b = {}, {}
        for i = 1, 50 do a["key" .. i] = i end
        for i = 50, 1, -1 do b["key" .. i] = i end
        assert.equal(serialize(a, mode), serialize(b, mode))
        local bytes = serialize({ a, { 1, 2 }, x = circlet.FloatTensor { 1 } }, mode)
        assert.equal(bytes, serialize(deserialize(bytes, mode), mode))
      end)

      it("refuses bytes cut anywhere, and bytes that follow", function()
        local bytes = serialize({ 1, "two", x = circlet.IntTensor { 7, 8, 9 }, [true] = {} }, mode)
        local parse = function(b) return deserialize(b, mode) end
        files.refuses_truncation(parse, bytes)
        files.refused("format", "the file goes on", parse(bytes .. "x"))
      end)
    end)
  end

  describe("of classes", function()
    local Thing = class "spec.Thing"
    function Thing:__init(x) self.x = x end

    local Hooked = class "spec.Hooked"
    function Hooked:write(file)
      file:writeInt(-5)
      file:writeLong(2 ^ 40)
      file:writeDouble(0.5)
      file:writeBool(true)
      file:writeObject { kept = self.kept, owner = self }
    end
    function Hooked:read(file, version)
      self.got = { file:readInt(), file:readLong(), file:readDouble(), file:readBool(), version }
      local fields = file:readObject()
      self.kept, self.owner = fields.kept, fields.owner
    end

    it("keeps instances by the name of their class", function()
      local shared = Thing(1)
      local read = deserialize(serialize { shared, Thing(shared) })
      assert.equal(Thing, getmetatable(read[1]))
      assert.equal(1, read[1].x)
      assert.equal(read[1], read[2].x)
    end)

    it("lets a class write and read itself", function()
      for _, mode in ipairs { "binary", "ascii" } do
        local object = Hooked()
        object.kept, object.lost = circlet.FloatTensor { 1, 2 }, function() end
        local read = assert(deserialize(serialize(object, mode), mode))
        assert.same({ -5, 1 << 40, 0.5, true, 1 }, read.got)
        assert.same({ 1, 2 }, read.kept:totable())
        assert.equal(read, read.owner)
        assert.is_nil(read.lost)
      end
    end)

    it("tells storages apart that a write hook makes and drops", function()
      local Fleeting = class "spec.Fleeting"
      function Fleeting.write(_, file)
        for i = 1, 20 do
          file:writeObject(circlet.DoubleStorage { i })
          collectgarbage()
        end
      end
      function Fleeting:read(file)
        for i = 1, 20 do self[i] = file:readObject()[1] end
      end
      for _, mode in ipairs { "binary", "ascii" } do
        local read = assert(deserialize(serialize(Fleeting(), mode), mode))
        for i = 1, 20 do assert.equal(i, read[i]) end
      end
    end)

    it("passes the errors of a read hook on", function()
      local Failing = class "spec.Failing"
      function Failing.read() error("no thanks", 0) end
      support.raises("no thanks", deserialize, serialize(Failing()))
    end)

    it("makes tagged tables of unknown classes and writes them back as they were", function()
      local bytes = t7 { "i", 4, "i", 1, "s", "V 1", "s", "far.Away", "i", 3, "i", 2, "i", 1,
        "i", 2, "s", "x", "i", 4, "i", 1 }
      local read = assert(deserialize(bytes))
      assert.equal("far.Away", read.__torch_class)
      assert.equal(read, read.x)
      assert.equal(bytes, serialize(read))
    end)

    it("reads what real files hold", function()
      local read = assert(deserialize(thing))
      assert.equal(Thing, getmetatable(read))
      assert.equal(read, read.self)
      assert.same({ 1, 2, 3, 4 }, support.flat(read.weight))
      read.weight:fill(6)
      assert.same({ 6, 6 }, read.bias:totable())
    end)

    it("writes tensors under Torch7's names", function()
      local t = circlet.DoubleTensor { 0.5 }
      assert.equal(t7 { "i", 4, "i", 1, "s", "V 1", "s", "torch.DoubleTensor", "i", 1, "l", 1,
        "l", 1, "l", 1, "i", 4, "i", 2, "s", "V 1", "s", "torch.DoubleStorage", "l", 1, "d", 0.5 },
        serialize(t))
      assert.equal("4\n1\n3\nV 1\n16\ntorch.ByteTensor\n1\n2\n1\n1\n4\n2\n3\nV 1\n17\n"
        .. "torch.ByteStorage\n2\nab\n", serialize(circlet.ByteTensor { 97, 98 }, "ascii"))
      assert.equal("3\n1\n1\n2\n1\nk\n1\n0.10000000000000001\n", serialize({ k = 0.1 }, "ascii"))
    end)

    it("reads names of circlet too, and files from before versions were written", function()
      local bytes = t7 { "i", 4, "i", 1, "s", "circlet.IntStorage", "l", 1, "i", 7 }
      assert.same({ 7 }, deserialize(bytes):totable())
    end)

    it("keeps functions of Torch7 files closed", function()
      for kind = 6, 8 do
        local bytes = t7 { "i", 3, "i", 1, "i", 2, "i", 1, "d", 1, "i", kind }
          .. (kind == 6 and "" or t7 { "i", 2 }) .. t7 { "s", "\27LJ", "i", 0,
            "i", 1, "d", 2, "i", kind == 6 and 0 or kind }
          .. (kind == 6 and "" or t7 { "i", 2 })
        local read = assert(deserialize(bytes))
        assert.equal("\27LJ", read[1].bytecode)
        if kind > 6 then
          assert.equal(kind, read[1].__torch_function)
          assert.equal(read[1], read[2])
          assert.equal(bytes, serialize(read))
        end
      end
    end)
  end)

  it("refuses what cannot be saved and says where it is", function()
    support.raises("serialize: object.a.b[3] is a function", serialize,
      { a = { b = { 1, 2, print } } })
    support.raises('save: object["not a name"] is a thread', circlet.save, "/dev/null",
      { ["not a name"] = coroutine.create(print) })
    support.raises("object[1] is a userdata", serialize, { io.stdout })
    support.raises("object.seed is the integer 9007199254740993", serialize,
      { seed = (1 << 53) + 1 })
    support.raises("object is the integer -9223372036854775808", serialize, math.mininteger)
    support.raises('the mode is "binary" or "ascii", got text', serialize, 1, "text")
    support.raises("a string expected, got nil", deserialize)
  end)

  it("refuses numbers of a write hook that do not fit", function()
    local Odd = class "spec.Odd"
    function Odd:write(file) file[self.method](file, self.value) end
    local object = Odd()
    object.method = "writeInt"
    for _, value in ipairs { 1 << 31, 0.5, "x" } do
      object.value = value
      support.raises("object is written by a hook that has " .. value, serialize, object)
    end
  end)

  it("refuses nesting without end, and takes deep nesting", function()
    local function nested(depth)
      local object = {}
      for _ = 2, depth do object = { object } end
      return object
    end
    local read, depth = assert(deserialize(serialize(nested(4000)))), 0
    while read do read, depth = read[1], depth + 1 end
    assert.equal(4000, depth)
    support.raises("nested deeper", serialize, nested(6000))
    local parts = {}
    for i = 1, 6000 do parts[i] = t7 { "i", 3, "i", i, "i", 1, "i", 5, "i", 1 } end
    files.refused("format", "nested deeper", deserialize(table.concat(parts)))
  end)

  it("refuses broken bytes without asking for memory", function()
    collectgarbage()
    local before = circlet.memory(true)
    local storage = { "i", 4, "i", 1, "s", "V 1", "s", "torch.DoubleStorage" }
    for _, case in ipairs {
      { t7 { "i", 9 }, "9 is no type of object" },
      { t7 { "i", 2, "i", 0x7fffffff }, "2147483647 characters expected" },
      { t7 { "i", 2, "i", -1 }, "-1 characters expected" },
      { t7 { "i", 3, "i", 1, "i", -1 }, "a table of -1 fields" },
      { t7 { "i", 3, "i", 0, "i", 0 }, "object 0 where 1 to 1 can be" },
      { t7 { "i", 3, "i", 2, "i", 0 }, "object 2 where 1 to 1 can be" },
      { t7 { "i", 5, "i", 2 }, "a boolean is 0 or 1, got 2" },
      { t7 { "i", 3, "i", 1, "i", 1, "i", 0, "i", 0 }, "has the key nil" },
      { t7 { "i", 3, "i", 1, "i", 1, "i", 1, "d", 0 / 0, "i", 0 }, "has the key" },
      { t7(storage) .. t7 { "l", 1 << 60 }, "elements expected, 0 bytes are left" },
      { t7(storage) .. t7 { "l", 3, "d", 1, "d", 2 }, "3 elements expected, 16 bytes are left" },
      { t7(storage) .. t7 { "l", -1 }, "-1 elements expected" },
      { t7 { "i", 4, "i", 1, "s", "V 1", "s", "torch.QuadStorage", "l", 0 }, "does not have" },
      { t7 { "i", 4, "i", 1, "s", "V 1", "s", "far.Away", "i", 0 }, "are no table" },
    } do
      files.refused("format", case[2], deserialize(case[1]))
    end
    local _, peak = circlet.memory()
    assert(peak - before < 4096, peak - before)
  end)

  it("refuses tensors that reach beyond their storage", function()
    local function tensor(sizes, strides, offset, storage)
      local list = { "i", 4, "i", 1, "s", "V 1", "s", "torch.IntTensor", "i", #sizes }
      for _, n in ipairs(sizes) do table.move({ "l", n }, 1, 2, #list + 1, list) end
      for _, n in ipairs(strides) do table.move({ "l", n }, 1, 2, #list + 1, list) end
      return deserialize(t7(list) .. t7 { "l", offset } .. t7(storage or { "i", 4, "i", 2, "s",
        "V 1", "s", "torch.IntStorage", "l", 4, "i", 1, "i", 2, "i", 3, "i", 4 }))
    end
    assert.same({ 1, 2, 3, 4 }, support.flat(assert(tensor({ 2, 2 }, { 2, 1 }, 1))))
    local huge = 1 << 61
    for _, case in ipairs {
      { { 2, 2 }, { 2, 1 }, 2 }, { { 5 }, { 1 }, 1 }, { { 2 }, { 4 }, 1 }, { { 1 }, { 1 }, 0 },
      { { 1 }, { 1 }, 5 }, { { 2 }, { huge }, 1 }, { { huge }, { huge }, 1 }, { { 0 }, { 1 }, 6 },
      { { 2 }, { 1 }, math.maxinteger },
      { { 1 }, { 1 }, 1, { "i", 0 } }, { { huge }, { 1 }, 1, { "i", 0 } },
    } do
      files.refused("format", "reaches element", tensor(table.unpack(case)))
    end
    files.refused("format", "negative", tensor({ -1 }, { 1 }, 1))
    files.refused("format", "negative", tensor({ 2 }, { -1 }, 2))
    files.refused("format", "too many elements", tensor({ math.maxinteger }, { 1 }, 1))
    files.refused("format", "too many elements", tensor({ huge, 4 }, { 0, 0 }, 1))
    files.refused("format", "too many elements", tensor({ 0, huge, 8 }, { 0, 0, 0 }, 1))
    files.refused("format", "0 to 8 expected", tensor({ 1, 1, 1, 1, 1, 1, 1, 1, 1 }, {}, 1))
    files.refused("format", "has a storage of type string", tensor({ 1 }, { 1 }, 1,
      { "i", 2, "s", "x" }))
  end)

  it("survives every flipped bit: an error, or an object", function()
    local refused = files.flip_bits(deserialize, thing, function() end)
    assert(refused > 8 * #thing // 4)
    local text = serialize({ 1.5, "s", circlet.FloatTensor { 1, 2 } }, "ascii")
    files.flip_bits(function(bytes) return deserialize(bytes, "ascii") end, text, function() end)
  end)

  it("refuses text that is no number of the kind expected", function()
    for _, case in ipairs {
      { "1\n0x10\n", 'a number expected, got "0x10"' }, { "1.5\n", "an integer" },
      { "", "a number expected" },
      { "99999999999\n", "does not fit 32 bits" }, { "1\n1.2.3\n", "a number" },
      { "4\n1\n16\ntorch.IntStorage\n1\n3000000000\n", "does not fit 32 bits" },
      { "4\n1\n17\ntorch.LongStorage\n1\n1.5\n", "an integer" },
    } do
      files.refused("format", case[2], deserialize(case[1], "ascii"))
    end
    assert.equal(12.5, deserialize("1 \r\n +1.25e1\n", "ascii"))
    files.refused("format", "a newline after it", deserialize("1\n12", "ascii"))
    assert.equal("ab", deserialize("2\n2\nab", "ascii")) -- whole, whatever would follow
  end)

  it("goes through files, whole or not at all", function()
    local folder, remove = files.folder()
    local path, object = folder .. "/o.t7", { circlet.FloatTensor { 1, 2 }, "x" }
    assert.is_true(circlet.save(path, object))
    assert.same({ 1, 2 }, assert(circlet.load(path))[1]:totable())
    assert.equal(serialize(object), files.read(path))
    support.raises("object[1] is a function", circlet.save, path, { print })
    assert.equal(serialize(object), files.read(path))
    assert.is_true(circlet.save(path, object, "ascii"))
    assert.equal("x", assert(circlet.load(path, "ascii"))[2])
    files.write(path, serialize(object):sub(1, -2))
    files.refused("format", path .. ": byte", circlet.load(path))
    files.refused("io", "No such file", circlet.load(folder .. "/none"))
    files.refused("io", "No such file", circlet.save(folder .. "/none/f", object))
    files.refused("io", "No space left", circlet.save("/dev/full", object))
    assert.equal("o.t7", files.list(folder))
    remove()
  end)

  it("survives failing allocations", function()
    local object = { circlet.FloatTensor { { 1, 2 } }:t(), { circlet.LongStorage { 3 } } }
    local bytes = serialize(object)
    assert(files.failing_allocations(function() serialize(object) end) >= 1)
    assert(files.failing_allocations(function() assert(deserialize(bytes)) end) >= 4)
  end)
end)
