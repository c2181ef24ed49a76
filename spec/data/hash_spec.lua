local circlet = require "circlet"
local files = require "circlet.report.files"
local pictures = require "spec.io.pictures"
local raises = require("spec.support").raises

local hash, hash_file = circlet.data.hash, circlet.data.hash_file

describe("data.hash", function()
  local folder
  before_each(function()
    folder = os.tmpname()
    os.remove(folder)
    assert(files.make_folder(folder))
  end)
  after_each(function() os.execute("rm -rf '" .. folder .. "'") end)

  it("is the CRC-32 that ZIP and zlib know, over the bytes of a file", function()
    local path = folder .. "/a"
    for text, crc in pairs { ["123456789"] = "cbf43926", [""] = "00000000", a = "e8b7be43" } do
      assert(files.write(path, text))
      assert.equal("crc32:" .. crc, hash_file(path))
    end
    local value, message, code = hash_file(folder .. "/none")
    assert.is_nil(value)
    assert.equal("io", code)
    assert.truthy(message:find "No such file")
    assert.equal("io", select(3, hash_file(folder)))
    raises("string expected", hash_file)
  end)

  it("is the same for equal values, however they lie in memory", function()
    local x = circlet.randn(5, 7)
    local same = { hash(x), hash(x:clone()), hash(x:t():clone():t()),
                   hash(circlet.FloatTensor(9, 7):narrow(1, 3, 5):copy(x)) }
    for i = 2, #same do assert.equal(same[1], same[i]) end
    assert.equal("crc32:" .. same[1]:match "^crc32:(%x%x%x%x%x%x%x%x)$", same[1])
    assert.equal(hash { a = 1, b = { x, "t", true } }, hash { b = { x, "t", true }, a = 1.0 })
  end)

  it("tells values apart by type, size, order and nesting", function()
    local x = circlet.range(1, 6):float()
    local changed = x:clone()
    changed[6] = changed[6] + 1e-6
    local values = {
      x, changed, x:double(), x:view(2, 3), x:view(3, 2), x:view(6, 1), circlet.FloatTensor(),
      circlet.DoubleTensor(), "", "1", 1, 1.5, -1, 0 / 0, true, false, {}, { 1 }, { "1" },
      { 1, 2 }, { 2, 1 }, { a = 1 }, { b = 1 }, { ["1"] = 1 }, { {}, {} }, { { {} } }, { x, x },
      { { 1 } }, { x }, { "ab", "c" }, { "a", "bc" },
    }
    local seen = {}
    for i, value in ipairs(values) do
      local text = hash(value)
      assert.is_nil(seen[text], ("values %d and %s"):format(i, tostring(seen[text])))
      seen[text] = i
    end
  end)

  it("takes image sets, by what stands in their folder or archive", function()
    local function picture(name, value)
      assert(files.make_folder((folder .. "/set/" .. name):match "^(.*)/"))
      assert(files.write(folder .. "/set/" .. name, ("P5 2 2 255\n" .. value)))
    end
    picture("cat/1.pgm", "aaaa")
    picture("dog/1.pgm", "bbbb")
    local function set(options)
      return assert(circlet.data.image_folder(folder .. "/set", options or { size = 2 }))
    end
    local first = hash(set())
    assert.equal(first, hash(set()))
    assert.not_equal(first, hash(set { size = 3 }))
    assert.not_equal(first, hash { set() })
    picture("dog/1.pgm", "bbbbb") -- another size
    assert.not_equal(first, hash(set()))
    picture("dog/1.pgm", "bbbb")
    picture("dog/2.pgm", "bbbb")
    assert.not_equal(first, hash(set()))
  end)

  it("sees a changed image of the same size in an archive", function()
    local first
    for _, byte in ipairs { "a", "b" } do
      local path = folder .. "/" .. byte .. ".zip"
      assert(files.write(path, pictures.zip {
        { "cat/1.pgm", "P5 2 2 255\n" .. byte:rep(4) }, { "dog/1.pgm", "P5 2 2 255\nxxxx" } }))
      local found = hash(assert(circlet.data.image_folder(path, { size = 2 })))
      assert.not_equal(first, found)
      first = found
    end
  end)

  it("refuses what has no contents, and tables in circles", function()
    raises("cannot hash a function", hash, print)
    raises("cannot hash a nil", hash)
    raises("cannot hash a userdata", hash, { io.stdout })
    raises("keys must be strings or whole numbers, got 1.5", hash, { [1.5] = 1 })
    local circle = {}
    circle[1] = { circle }
    raises("contains itself", hash, circle)
    raises("contiguous tensor expected", require("circlet.core").io.crc32, circlet.randn(3, 4):t())
  end)
end)
