local core = require "circlet.core"
local files = require "spec.io.support"

local inflate = core.io.inflate

-- 304 bytes as zlib's level 9 writes them, dynamic codes and back references included.
local text = ("circle loss "):rep(20)
for byte = 0, 63 do text = text .. string.char(byte) end
local squeezed = ([[
  1f8b08000000000002ff4bce2c4ace4955c8c92f2e56481e016c06462666165636760e4e2e6e1e5e3e7e014121611151
  3171094929691959397905452565155535750d4d2d6d1d5d3d7d03432363135333730b4b2b6b1b5b3b7b005a9da35f30
  010000]]):gsub("%s", ""):gsub("%x%x", function(hex) return string.char(tonumber(hex, 16)) end)

describe("gzip", function()
  it("inflates stored and compressed members, and several in a row", function()
    assert.equal(text, inflate(squeezed))
    assert.equal("", inflate(files.gzip ""))
    assert.equal("abc", inflate(files.gzip "abc"))
    assert.equal("abc" .. text .. "d", inflate(files.gzip "abc" .. squeezed .. files.gzip "d"))
  end)

  it("grows beyond what the last member's trailer promises", function()
    local long = ("0123456789"):rep(5000)
    assert.equal(long .. long .. "x", inflate(files.gzip(long):rep(2) .. files.gzip "x"))
  end)

  it("keeps to the limit", function()
    assert.equal(text, inflate(squeezed, #text))
    files.refused("format", "more than 303 bytes", inflate(squeezed, #text - 1))
    files.refused("format", "more than 0 bytes", inflate(files.gzip "a", 0))
    assert.equal("", inflate(files.gzip "", 0))
  end)

  it("refuses data cut anywhere", function()
    files.refuses_truncation(inflate, squeezed)
    files.refuses_truncation(inflate, files.gzip "abc")
    files.refused("format", "cut short", inflate(squeezed:sub(1, -2)))
  end)

  it("refuses what is no gzip, and what follows the end", function()
    files.refused("format", "do not begin with a gzip header", inflate "")
    files.refused("format", "do not begin with a gzip header", inflate "plain text")
    files.refused("format", "2 bytes follow the end", inflate(squeezed .. "\0\0"))
  end)

  it("gives an error or the same data for every flipped bit", function()
    for _, bytes in ipairs { squeezed, files.gzip "abc" } do
      local right = inflate(bytes)
      local refused = files.flip_bits(inflate, bytes, function(value)
        assert.equal(right, value) -- time stamp, flags and system of the header say nothing
      end)
      assert(refused > 8 * (#bytes - 10)) -- all but some of the header's 80 bits
    end
  end)

  it("does not ask for memory on the word of a trailer", function()
    local lying = files.gzip "abc"
    lying = lying:sub(1, -5) .. "\255\255\255\127"
    collectgarbage()
    local before = core.memory(true)
    files.refused("format", "corrupt", inflate(lying))
    local _, peak = core.memory()
    assert(peak - before < 200000, peak - before)
  end)

  it("survives failing allocations, zlib's own included", function()
    assert(files.failing_allocations(function() assert(inflate(squeezed)) end) >= 2)
  end)
end)
