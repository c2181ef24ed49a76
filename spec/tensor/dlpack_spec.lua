-- DLPack in Lua: tensors that share memory with other libraries. The other side is played by
-- circlet itself here, by a C library in spec/tensor/dlpack_other.c, and by NumPy in spec/abi.
local circlet = require "circlet"
local core = require "circlet.core"
local files = require "spec.io.support"
local shell = require "circlet.report.shell"
local support = require "spec.support"

local to, from = circlet.to_dlpack, circlet.from_dlpack

local function live()
  collectgarbage()
  collectgarbage()
  return (circlet.memory())
end

-- spec/tensor/dlpack_other.c, compiled and loaded.
local function other_library()
  local folder, remove = files.folder()
  local path = folder .. "/dlpack_other.so"
  assert(os.execute(("%s -shared -fPIC -Wall -Wextra -Werror $(pkg-config --cflags lua5.4) " ..
    "spec/tensor/dlpack_other.c -o %s"):format(os.getenv "CC" or "gcc", shell.quote(path))))
  local open = assert(package.loadlib(path, "luaopen_dlpack_other"))
  remove()
  return open()
end

describe("to_dlpack and from_dlpack", function()
  it("give a tensor over the same memory, whatever its layout", function()
    for _, name in ipairs(support.types) do
      local t = circlet[name .. "Tensor"] { { 1, 2, 3 }, { 4, 5, 6 } }
      for _, layout in ipairs(support.layouts(t)) do
        local other = from(to(layout))
        assert.equal(layout:type(), other:type())
        assert.same(layout:size():totable(), other:size():totable())
        assert.same(support.flat(layout), support.flat(other))
        other:fill(9)
        assert.equal(9, layout[1][1])
        layout[1][1] = 7
        assert.equal(7, other[1][1])
      end
    end
    local wide = from(to(circlet.FloatTensor { 1, 2 }:view(2, 1):expand(2, 3)))
    assert.same({ 1, 1, 1, 2, 2, 2 }, support.flat(wide))
  end)

  it("take tensors without elements", function()
    assert.same({ 0 }, from(to(circlet.FloatTensor())):size():totable())
    assert.same({ 0, 3 }, from(to(circlet.LongTensor(0, 3))):size():totable())
    assert.same({ 3 }, from(to(circlet.DoubleTensor(3):fill(2))):size():totable())
  end)

  it("keep memory as long as either side needs it, and no longer", function()
    local before = live()
    local t = circlet.FloatTensor(1000):fill(3)
    local other = from(to(t))
    t = nil -- luacheck: ignore
    collectgarbage()
    assert.equal(3000, other:sum())
    local part = other:narrow(1, 5, 2)
    other = nil -- luacheck: ignore
    collectgarbage()
    assert.same({ 3, 3 }, part:totable())
    part = nil -- luacheck: ignore
    assert.equal(before, live())
    local _ = to(circlet.FloatTensor(1000)) -- never taken
    _ = nil -- luacheck: ignore
    assert.equal(before, live())
    do
      local capsule <close> = to(circlet.FloatTensor(1000))
      assert.equal("userdata", type(capsule:pointer()))
    end
    assert.equal(before, live())
  end)

  it("hand an address over, which is then the taker's to end", function()
    local before = live()
    local capsule = to(circlet.FloatTensor { 1, 2 })
    local address = capsule:release()
    support.raises("the capsule was taken already", capsule.pointer, capsule)
    capsule = nil -- luacheck: ignore
    collectgarbage()
    local t = from(address)
    assert.same({ 1, 2 }, t:totable())
    t = nil -- luacheck: ignore
    assert.equal(before, live())
  end)

  it("do not let shared memory move", function()
    local t = circlet.FloatTensor { 1, 2, 3 }
    local capsule = to(t)
    support.raises("shared through DLPack", t.resize, t, 10)
    support.raises("shared through DLPack", t:storage().resize, t:storage(), 10)
    t:resize(2) -- as it needs no other memory
    local other = from(capsule)
    support.raises("shared through DLPack", other.resize, other, 4)
    assert.same({ 1, 2, 3 }, other:totable())
    other, capsule = nil, nil -- luacheck: ignore
    collectgarbage()
    collectgarbage()
    assert.same({ 1, 2, 0, 0 }, { t:resize(4)[1], t[2], t[3] * 0, t[4] })
  end)

  it("refuse what is no tensor and no capsule, and a capsule that was taken", function()
    support.raises("tensor expected", to, 1)
    support.raises("tensor expected", to)
    support.raises("circlet.DLPack expected", from, 5)
    support.raises("circlet.DLPack expected", from, circlet.FloatTensor(1))
    local capsule = to(circlet.FloatTensor(1))
    from(capsule)
    support.raises("taken already", from, capsule)
    support.raises("taken already", capsule.release, capsule)
  end)

  it("survive memory that is refused", function()
    local t = circlet.FloatTensor { 1, 2 }
    for nth = 1, 3 do
      local before = live()
      core.fail_allocation(nth)
      local ok, capsule = pcall(to, t)
      local imported, other = false, nil
      if ok then imported, other = pcall(from, capsule) end
      core.fail_allocation(0)
      if not ok then
        assert(tostring(capsule):find("not enough memory", 1, true), capsule)
      elseif not imported then
        assert(tostring(other):find("not enough memory", 1, true), other)
        assert.same({ 1, 2 }, from(capsule):totable()) -- it is as it was
      end
      assert(nth < 3 or imported)
      capsule, other = nil, nil -- luacheck: ignore
      assert.equal(before, live())
    end
    t:resize(9)
  end)

  it("check what other libraries describe", function()
    if not shell.has "gcc" then return pending "gcc is not installed" end
    local lib = other_library()
    assert.same({ { 1, 2, 3 }, { 4, 5, 6 } }, from(lib.plain()):totable())
    for name, message in pairs {
      version = "version 2 of DLPack, 1 expected", device = "memory of device type 7",
      read_only = "the memory is read-only", many = "9 dimensions, 0 to 8 expected",
      bool = "type code 6, 8 bits, 1 lanes", lanes = "32 bits, 2 lanes",
      negative_size = "dimension 1 has size -2", negative_stride = "size 2 and stride -3",
      huge = "beyond all memory", null = "the data is NULL", misaligned = "is not aligned",
    } do
      local ended = lib.ended()
      support.raises(message, from, lib[name]())
      assert.equal(ended, lib.ended()) -- it stays the producer's
    end
    assert.same({ 5 }, from(lib.scalar()):totable())
    assert.same({ 2, 3 }, from(lib.no_strides()):size():totable())
    collectgarbage()
    collectgarbage()
    assert.equal(3, lib.ended())
    assert.equal(1.5, from(lib.offset())[1][1])
    from(lib.no_deleter())
  end)
end)
