local circlet = require "circlet"
local files = require "spec.io.support"
local support = require "spec.support"

local npy = circlet.npy

-- A .npy file by the description of the format.
local function file(header, elements, version)
  version = version or 1
  local length = string.pack(version == 1 and "<I2" or "<I4", #header)
  return "\x93NUMPY" .. string.char(version, 0) .. length .. header .. elements
end

local function array(descr, shape, elements, fortran, version)
  return file(("{'descr': '%s', 'fortran_order': %s, 'shape': %s, }  \n"):format(descr,
    fortran and "True" or "False", shape), elements, version)
end

local function pack(layout, list)
  local parts = {}
  for i, value in ipairs(list) do parts[i] = string.pack(layout, value) end
  return table.concat(parts)
end

local function expect(type_name, sizes, list, t, message)
  assert(t, message)
  assert.equal("circlet." .. type_name .. "Tensor", t:type())
  assert.same(sizes, t:size():totable())
  assert.same(list, support.flat(t))
end

describe(".npy files", function()
  it("hold numbers of many types in both byte orders", function()
    for _, case in ipairs {
      { "f4", "f", "Float", { 0.5, -1.25, math.huge, 3 } },
      { "f8", "d", "Double", { 0.1, -1e300, 5e-324, 0 } },
      { "i8", "i8", "Long", { math.mininteger, -1, 72623859790382856, math.maxinteger } },
      { "i4", "i4", "Int", { -2147483648, -1, 16909060, 2147483647 } },
      { "i2", "i2", "Short", { -32768, -1, 258, 32767 } },
      { "u2", "I2", "Int", { 0, 1, 258, 65535 } },
      { "u4", "I4", "Long", { 0, 1, 16909060, 4294967295 } },
      { "i1", "i1", "Char", { -128, -1, 0, 127 } }, { "u1", "I1", "Byte", { 0, 1, 128, 255 } },
      { "b1", "I1", "Byte", { 0, 1, 1, 0 } },
    } do
      for _, order in ipairs(case[1]:find "1" and { "|" } or { "<", ">" }) do
        local elements = pack((order == "|" and "<" or order) .. case[2], case[4])
        expect(case[3], { 2, 2 }, case[4], npy.parse(array(order .. case[1], "(2, 2)", elements)))
      end
    end
  end)

  it("hold half precision, read as float", function()
    local values = { [0x3C00] = 1, [0xC000] = -2, [0x7BFF] = 65504, [0x0001] = 2 ^ -24,
      [0x03FF] = 1023 * 2 ^ -24, [0x0400] = 2 ^ -14, [0x7C00] = math.huge, [0xFC00] = -math.huge,
      [0x3555] = 0.333251953125, [0x0000] = 0, [0x8001] = -2 ^ -24 }
    for bits, value in pairs(values) do
      for _, order in ipairs { "<", ">" } do
        local t = assert(npy.parse(array(order .. "f2", "(1,)", string.pack(order .. "I2", bits))))
        assert.equal(value, t[1])
      end
    end
    local nan = npy.parse(array("<f2", "(1,)", "\1\126"))[1]
    assert(nan ~= nan)
    local zero = npy.parse(array("<f2", "(1,)", "\0\128"))[1]
    assert.equal(-math.huge, 1 / zero)
  end)

  it("come in versions 1, 2 and 3, and with shapes of 0 to 8 sizes", function()
    local elements = pack("<i4", { 1, 2, 3, 4, 5, 6 })
    for version = 1, 3 do
      expect("Int", { 2, 3 }, { 1, 2, 3, 4, 5, 6 },
        npy.parse(array("<i4", "(2, 3)", elements, false, version)))
    end
    expect("Int", { 6 }, { 1, 2, 3, 4, 5, 6 }, npy.parse(array("<i4", "(6,)", elements)))
    expect("Int", { 1 }, { 7 }, npy.parse(array("<i4", "()", pack("<i4", { 7 }))))
    expect("Int", { 0, 3 }, {}, npy.parse(array("<i4", "(0, 3)", "")))
    expect("Int", { 1, 1, 1, 2, 1, 1, 1, 3 }, { 1, 2, 3, 4, 5, 6 },
      npy.parse(array("<i4", "(1, 1, 1, 2, 1, 1, 1, 3,)", elements)))
    files.refused("format", "at most 8 dimensions",
      npy.parse(array("<i4", "(1, 1, 1, 1, 1, 1, 1, 1, 6)", elements)))
  end)

  it("in Fortran order become a transposed view", function()
    local t = assert(npy.parse(array("<i4", "(2, 3)", pack("<i4", { 1, 4, 2, 5, 3, 6 }), true)))
    expect("Int", { 2, 3 }, { 1, 2, 3, 4, 5, 6 }, t)
    assert.same({ 1, 2 }, t:stride():totable())
    local cube = {}
    for n = 0, 23 do cube[n + 1] = 100 * (n % 2) + 10 * (n // 2 % 3) + n // 6 end
    t = assert(npy.parse(array(">i2", "(2, 3, 4)", pack(">i2", cube), true)))
    assert.equal(123, t[2][3][4])
    assert.equal(101, t[2][1][2])
  end)

  it("may have their keys in any order and either kind of quotes", function()
    local elements = pack("<i4", { 1, 2 })
    for _, header in ipairs {
      '{"shape":(2,),"descr":"<i4","fortran_order":False}',
      "{ 'fortran_order' : False , 'shape' : ( 2 , ) , 'descr' : '<i4' }   \n",
    } do
      expect("Int", { 2 }, { 1, 2 }, npy.parse(file(header, elements)))
    end
  end)

  it("are refused when the header is anything else", function()
    local elements = pack("<i4", { 1, 2 })
    for _, case in ipairs {
      { "[]", "not a dictionary" },
      { "{'descr': '<i4', 'fortran_order': False}", "lacks" },
      { "{'descr': '<i4', 'descr': '<i4', 'fortran_order': False, 'shape': (2,)}", "twice" },
      { "{'descr': '<i4', 'fortran_order': False, 'shape': (2,), 'x': 1}", "does not belong" },
      { "{'descr': '<i4', 'fortran_order': 0, 'shape': (2,)}", "neither True nor False" },
      { "{'descr': '<i4', 'fortran_order': False, 'shape': (2)}", "not a tuple" },
      { "{'descr': '<i4', 'fortran_order': False, 'shape': [2]}", "not a tuple" },
      { "{'descr': '<i4', 'fortran_order': False, 'shape': (-2,)}", "size in the shape" },
      { "{'descr': '<i4', 'fortran_order': False, 'shape': (2 1)}", "comma" },
      { "{'descr': '<i4', 'fortran_order': False, 'shape': (99999999999999999999,)}", "size" },
      { "{'descr': '<i4' 'fortran_order': False, 'shape': (2,)}", "comma" },
      { "{'descr' '<i4', 'fortran_order': False, 'shape': (2,)}", "colon" },
      { "{'descr': '<i4', 'fortran_order': False, 'shape': (2,)", "a comma is missing" },
      { "{'descr': '<i4', 'fortran_order': False, 'shape': (2,), ", "does not belong" },
      { "{'descr': '<i4', 'fortran_order': False, 'shape': (2,)} x", "goes on" },
      { "{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}", "'<c8' are not read" },
      { "{'descr': '<u8', 'fortran_order': False, 'shape': (1,)}", "'<u8' are not read" },
      { "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", "plain types" },
      { "{'descr': '|i4', 'fortran_order': False, 'shape': (2,)}", "are not read" },
      { "{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (2,)}", "plain types" },
      { "{'descr': '<i4', 'fortran_order': False, 'shape': (3,)}", "8 bytes of elements" },
      { "{'descr': '<i4', 'fortran_order': False, 'shape': (9223372036854775807, 4)}", "exceeds" },
      { "{'descr': '<i4', 'fortran_order': False, 'shape': (4611686018427387904,)}", "8 bytes" },
      { "{'descr': '<i4', 'fortran_order': False, 'shape': (0, 9223372036854775807, 9)}",
        "exceeds" },
    } do
      files.refused("format", case[2], npy.parse(file(case[1], elements)))
    end
    files.refused("format", "version 4.0", npy.parse(array("<i4", "(2,)", elements, false, 4)))
    files.refused("format", "does not begin", npy.parse "PK\3\4 and so on, a zip archive")
  end)

  it("are refused when cut anywhere or too long", function()
    for version = 1, 2 do
      local bytes = array("<f4", "(2,)", pack("<f", { 1, 2 }), false, version)
      files.refuses_truncation(npy.parse, bytes)
      files.refused("format", "9 bytes of elements", npy.parse(bytes .. "x"))
    end
  end)

  it("with a flipped bit are refused or parse to another array of as many bytes", function()
    local bytes = array("<i4", "(2,)", pack("<i4", { 1, 2 }))
    local body = #bytes - 8
    files.flip_bits(npy.parse, bytes, function(t, byte)
      if byte > body then
        assert.equal("circlet.IntTensor", t:type())
        assert.same({ 2 }, t:size():totable())
      else
        assert(t:nElement() <= 8)
      end
    end)
  end)

  it("are written as NumPy writes them", function()
    local bytes = npy.format(circlet.FloatTensor { { 1, 2 }, { 3, 4 } })
    assert.equal("\x93NUMPY\1\0v\0{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }",
      bytes:match "^[^}]*}")
    assert.equal(128 + 16, #bytes)
    assert.equal("\n", bytes:sub(128, 128))
    assert.equal(pack("<f", { 1, 2, 3, 4 }), bytes:sub(129))
    assert(npy.format(circlet.LongTensor { 1, 2 }):find("(2,)", 1, true))
  end)

  it("round-trip every type and layout through a file", function()
    local folder, remove = files.folder()
    local path = folder .. "/t.npy"
    for _, name in ipairs(support.types) do
      local t = circlet[name .. "Tensor"] { { { 1, 2 }, { 3, 4 }, { 5, 250 } } }
      for _, layout in ipairs(support.layouts(t)) do
        assert.is_true(npy.save(path, layout))
        expect(name, { 1, 3, 2 }, support.flat(t), npy.load(path))
      end
      assert.is_true(npy.save(path, circlet[name .. "Tensor"]()))
      expect(name, { 0 }, {}, npy.load(path))
    end
    local most = circlet.LongTensor { math.mininteger, math.maxinteger }
    assert.is_true(npy.save(path, most))
    assert.same(most:totable(), npy.load(path):totable())
    assert.equal("t.npy", files.list(folder))
    remove()
  end)

  it("report what the environment refuses", function()
    files.refused("io", "No such file", npy.load "/nonexistent/x.npy")
    files.refused("io", "No such file", npy.save("/nonexistent/x.npy", circlet.FloatTensor(2)))
    files.refused("io", "No space left", npy.save("/dev/full", circlet.FloatTensor(2)))
    files.refused("format", "/dev/null: npy: the file does not begin", npy.load "/dev/null")
    support.raises("tensor expected", npy.save, "/dev/null", 3)
  end)

  it("survive failing allocations", function()
    local folder, remove = files.folder()
    local path, t = folder .. "/t.npy", circlet.DoubleTensor(3, 2):fill(1):t()
    assert(files.failing_allocations(function() assert(npy.save(path, t)) end) >= 3)
    assert(files.failing_allocations(function() assert(npy.load(path)) end) >= 3)
    assert.equal("t.npy", files.list(folder))
    remove()
  end)

  describe("mapped into memory", function()
    local folder, clean = files.folder()
    teardown(clean)
    local path = folder .. "/x.npy"

    it("give the same as when they are read, in either order of dimensions", function()
      for _, case in ipairs {
        { "<f4", "f", { 0.5, -1, 3, 4, 5, 6 } }, { "<f8", "d", { 0.5, -1, 3, 4, 5, 6 } },
        { "<i8", "i8", { 1, -1, 3, 4, 5, 6 } }, { "<i4", "i4", { 1, -1, 3, 4, 5, 6 } },
        { "|u1", "I1", { 1, 2, 3, 4, 5, 6 } }, { "|b1", "I1", { 1, 0, 1, 1, 0, 1 } },
        { ">f4", ">f", { 0.5, -1, 3, 4, 5, 6 } }, { "<i2", "<i2", { 1, 2, 3, 4, 5, -6 } },
        { "<f2", "<I2", { 0x3c00, 0, 0, 0, 0, 0xc000 } },
      } do
        for _, fortran in ipairs { false, true } do
          for _, pad in ipairs { 0, 1, 3 } do -- elements at odd addresses too
            local header = ("{'descr': '%s', 'fortran_order': %s, 'shape': (2, 3), }%s\n"):format(
              case[1], fortran and "True" or "False", (" "):rep(pad))
            files.write(path, file(header, pack(case[2], case[3])))
            local read, mapped = npy.load(path), npy.map(path)
            assert.equal(read:type(), mapped:type())
            assert.same(read:stride():totable(), mapped:stride():totable())
            assert(read:equal(mapped))
          end
        end
      end
    end)

    it("cost no memory, and keep what is written to themselves", function()
      local t = circlet.FloatTensor(1000, 100):fill(3)
      assert(npy.save(path, t))
      collectgarbage()
      collectgarbage()
      local before = circlet.memory(true)
      local mapped = assert(npy.map(path))
      local _, peak = circlet.memory()
      assert(peak - before < 2000, "it took " .. peak - before)
      mapped:add(1)
      assert.equal(4e5, mapped:sum())
      assert(npy.load(path):equal(t))
      assert(npy.save(path, t:clone():fill(9))) -- another file of the same name
      assert.equal(4e5, mapped:sum())
      local view = mapped:narrow(1, 999, 2)
      mapped = nil -- luacheck: ignore
      collectgarbage()
      assert.equal(800, view:sum())
    end)

    it("may grow, which moves them into memory", function()
      for _, size in ipairs { 4, 10 } do
        assert(npy.save(path, circlet.DoubleTensor { 1, 2, 3, 4 }))
        local t = assert(npy.map(path))
        local storage = t:storage()
        storage:resize(size)
        local kept = { 1, 2, 3, 4, 0, 0, 0, 0, 0, 0 }
        assert.same({ table.unpack(kept, 1, size) }, storage:totable())
      end
    end)

    it("are refused as they are when they are read", function()
      files.refused("io", "cannot read", npy.map(folder .. "/none.npy"))
      files.refused("io", "cannot map", npy.map(folder))
      files.refused("io", "cannot map", npy.map "/dev/null")
      for _, bytes in ipairs { "", "\x93NUMPY", npy.format(circlet.ones(3)):sub(1, -2) } do
        files.write(path, bytes)
        local _, message = npy.load(path)
        files.refused("format", message, npy.map(path))
      end
      files.write(path, npy.format(circlet.FloatTensor(0)))
      assert.equal(0, assert(npy.map(path)):nElement())
    end)

    it("leave nothing behind, whichever allocation fails", function()
      assert(npy.save(path, circlet.DoubleTensor { { 1, 2 }, { 3, 4 } }))
      assert(files.failing_allocations(function() assert(npy.map(path)) end) >= 1)
      assert(files.failing_allocations(function()
        assert(npy.map(path)):storage():resize(9)
      end) >= 2)
    end)
  end)
end)
