local core = require "circlet.core"
local files = require "spec.io.support"
local pictures = require "spec.io.pictures"

local zip, parse = pictures.zip, core.images.parse_zip
local LIMIT = 1000

describe("ZIP archives", function()
  local list = { { "a.txt", "circle" }, { "b/", "" }, { "b/c.txt", "loss", deflated = true } }
  list[3].deflated = pictures.deflate "loss"

  it("give names and contents, stored and deflated", function()
    local names, contents = parse(zip(list), LIMIT)
    assert.same({ "a.txt", "b/", "b/c.txt" }, names)
    assert.same({ "circle", "", "loss" }, contents)
    assert.same({ {}, {} }, { parse(zip {}, LIMIT) })
  end)

  it("may have a comment at the end", function()
    local bytes = zip(list)
    assert.same(3, #parse(bytes:sub(1, -3) .. "\5\0PK\5\6!", LIMIT))
    files.refused("format", "no directory", parse(bytes .. "x", LIMIT))
  end)

  it("are refused where sizes, checksums or methods do not fit", function()
    local bytes = zip(list)
    local function replaced(from, to, which)
      local count = 0
      return (bytes:gsub(from, function()
        count = count + 1
        return count == which and to or nil
      end))
    end
    files.refused("format", "checksum", parse(replaced("circle", "circus", 1), LIMIT))
    files.refused("format", "contents are damaged",
      parse(zip { { "c", "loss", deflated = "\1\4\0\251\254loss" } }, LIMIT))
    files.refused("format", "contents are damaged", -- bytes behind the end of the data
      parse(zip { { "c", "loss", deflated = pictures.deflate "loss" .. "x" } }, LIMIT))
    files.refused("format", "method 9", parse(zip({ { "a", "b" } }, { method = 9 }), LIMIT))
    files.refused("format", "encrypted", parse(zip({ { "a", "b" } }, { flags = 1 }), LIMIT))
    files.refused("format", "more than 3 bytes", parse(bytes, 3))
    files.refused("format", "no proper name", parse(zip { { "", "x" } }, LIMIT))
    files.refused("format", "no proper name", parse(zip { { "a\0b", "x" } }, LIMIT))
    files.refused("format", "not where the directory", parse("x" .. bytes:sub(2), LIMIT))
  end)

  it("cut short or with any bit flipped are refused, or give what was put in", function()
    local bytes = zip(list)
    files.refuses_truncation(function(b) return parse(b, LIMIT) end, bytes)
    files.flip_bits(function(b) return parse(b, LIMIT) end, bytes, function(names)
      assert(#names == 3)
    end)
  end)

  it("that promise more than their bytes can hold cost no memory", function()
    local data = pictures.deflate "loss"
    local bytes = zip { { "a", ("x"):rep(100000), deflated = data } }
    files.refused("format", "does not fit", parse(bytes, 2 ^ 40))
  end)

  it("leave no memory behind, whichever allocation fails", function()
    assert(files.failing_allocations(function() assert(parse(zip(list), LIMIT)) end) >= 3)
  end)
end)
