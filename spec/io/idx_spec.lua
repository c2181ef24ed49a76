local core = require "circlet.core"
local files = require "spec.io.support"
local support = require "spec.support"

local parse = core.io.parse_idx

-- An IDX file by the description of the format: code, sizes, elements in a string.pack layout.
local function idx(code, sizes, layout, list)
  local parts = { string.pack("BBBB", 0, 0, code, #sizes) }
  for _, size in ipairs(sizes) do parts[#parts + 1] = string.pack(">I4", size) end
  for _, value in ipairs(list) do parts[#parts + 1] = string.pack(">" .. layout, value) end
  return table.concat(parts)
end

describe("IDX files", function()
  it("hold six types of elements", function()
    for _, case in ipairs {
      { 0x08, "B", "Byte", { 0, 1, 200, 255 } }, { 0x09, "b", "Int", { -128, -1, 0, 127 } },
      { 0x0B, "i2", "Int", { -32768, -1, 258, 32767 } },
      { 0x0C, "i4", "Int", { -2 ^ 31 // 1 | 0, -1, 66051, 2 ^ 31 - 1 | 0 } },
      { 0x0D, "f", "Float", { 0.5, -1.25, math.huge, 2 ^ -149 } },
      { 0x0E, "d", "Double", { 0.1, -1e300, -math.huge, 5e-324 } },
    } do
      local t = assert(parse(idx(case[1], { 2, 2 }, case[2], case[4])))
      assert.equal("circlet." .. case[3] .. "Tensor", t:type())
      assert.same({ 2, 2 }, t:size():totable())
      assert.same(case[4], support.flat(t))
    end
  end)

  it("have 1 to 8 dimensions, none of which must hold anything", function()
    local eight = assert(parse(idx(8, { 1, 2, 1, 2, 1, 1, 1, 1 }, "B", { 1, 2, 3, 4 })))
    assert.same({ 1, 2, 1, 2, 1, 1, 1, 1 }, eight:size():totable())
    assert.same({ 0, 28, 28 }, parse(idx(8, { 0, 28, 28 }, "B", {})):size():totable())
    files.refused("format", "1 to 8 dimensions expected, got 0", parse(idx(8, {}, "B", { 1 })))
    files.refused("format", "1 to 8 dimensions expected, got 9",
      parse(idx(8, { 1, 1, 1, 1, 1, 1, 1, 1, 1 }, "B", { 1 })))
  end)

  it("are refused when their size is not the one promised", function()
    local bytes = idx(0x0B, { 2, 3 }, "i2", { 1, 2, 3, 4, 5, 6 })
    files.refuses_truncation(parse, bytes)
    files.refused("format", "13 bytes of elements do not make an array of 2x3", parse(bytes .. "x"))
  end)

  it("are refused without asking for memory when the sizes are absurd", function()
    local most = 0xFFFFFFFF
    for _, sizes in ipairs { { most }, { most, most, most }, { 0, most, most, most },
      { most, most, most, 0 } } do
      files.refused("format", "do not make an array", parse(idx(0x0E, sizes, "d", { 1 })))
    end
    assert(not parse(idx(8, { 0, most, most, most }, "B", {})))
  end)

  it("are refused with a wrong beginning or type", function()
    files.refused("format", "two zero bytes", parse "\1\0\8\1\0\0\0\0")
    files.refused("format", "no type of code 0x0a", parse "\0\0\10\1\0\0\0\0")
    files.refused("format", "header is cut short", parse "")
  end)

  it("with a flipped bit are refused, or have the same shape and one other element", function()
    local bytes = idx(8, { 2, 3 }, "B", { 1, 2, 3, 4, 5, 6 })
    local refused = files.flip_bits(parse, bytes, function(t, byte)
      if byte > 12 then
        assert.same({ 2, 3 }, t:size():totable())
      else -- unsigned and signed bytes differ in one bit of the type
        assert.equal(3, byte)
        assert.same({ 1, 2, 3, 4, 5, 6 }, support.flat(t))
      end
    end)
    assert.equal(12 * 8 - 1, refused)
  end)

  it("are read gzipped or plain, and messages name the file", function()
    local folder, remove = files.folder()
    local bytes = idx(8, { 3 }, "B", { 1, 2, 3 })
    files.write(folder .. "/plain", bytes)
    files.write(folder .. "/packed.gz", files.gzip(bytes))
    files.write(folder .. "/cut.gz", files.gzip(bytes):sub(1, -2))
    files.write(folder .. "/wrong", files.gzip "not an array")
    assert.same({ 1, 2, 3 }, core.io.load_idx(folder .. "/plain"):totable())
    assert.same({ 1, 2, 3 }, core.io.load_idx(folder .. "/packed.gz"):totable())
    files.refused("format", "/cut.gz: gzip: the data are cut short",
      core.io.load_idx(folder .. "/cut.gz"))
    files.refused("format", "/wrong: idx: the file does not begin",
      core.io.load_idx(folder .. "/wrong"))
    files.refused("io", "No such file", core.io.load_idx(folder .. "/none"))
    assert(files.failing_allocations(function()
      assert(core.io.load_idx(folder .. "/packed.gz"))
    end) >= 5)
    remove()
  end)
end)
