local circlet = require "circlet"
local core = require "circlet.core"
local files = require "spec.io.support"
local pictures = require "spec.io.pictures"
local support = require "spec.support"

local decode, png = core.images.decode, pictures.png

-- expected(x, y) -> samples of a pixel, x and y from 0.
local function expect(width, height, channels, expected, image, message)
  assert(image, message)
  assert.same({ channels, height, width }, image:size():totable())
  local list = support.flat(image)
  for y = 0, height - 1 do
    for x = 0, width - 1 do
      local want = { expected(x, y) }
      for c = 1, channels do
        local got = list[((c - 1) * height + y) * width + x + 1]
        assert(got == want[c], ("channel %d at %d, %d should be %s, is %d"):format(c, x, y,
          tostring(want[c]), got))
      end
    end
  end
end

describe("PNG images", function()
  it("of every depth of grey become bytes", function()
    for _, depth in ipairs { 1, 2, 4, 8, 16 } do
      local most = 2 ^ depth - 1
      local function pixel(x, y) return math.tointeger((x * 13 + y * 7) % (most + 1)) end
      for _, interlaced in ipairs { false, true } do
        for _, size in ipairs { { 1, 1 }, { 11, 5 }, { 8, 8 }, { 3, 17 } } do
          expect(size[1], size[2], 1, function(x, y)
            return depth == 16 and (pixel(x, y) * 255 + 32895) // 65536 -- libpng's exact rounding
              or math.floor(pixel(x, y) * 255 / most + 0.5)
          end, decode(png(size[1], size[2], 0, depth, pixel, { interlaced = interlaced })))
        end
      end
    end
  end)

  it("in colour, with a palette and with transparency become red, green, blue", function()
    local function rgb(x, y) return x * 20, y * 30, (x + y) * 9 end
    for _, interlaced in ipairs { false, true } do
      local more = { interlaced = interlaced }
      expect(9, 7, 3, rgb, decode(png(9, 7, 2, 8, rgb, more)))
      expect(9, 7, 3, rgb, decode(png(9, 7, 6, 8, function(x, y)
        local r, g, b = rgb(x, y)
        return r, g, b, x * 5
      end, more)))
      expect(9, 7, 1, function(x) return x end,
        decode(png(9, 7, 4, 8, function(x, y) return x, y end, more)))
    end
    expect(9, 7, 3, rgb, decode(png(9, 7, 2, 16, function(x, y)
      local r, g, b = rgb(x, y)
      return r * 257, g * 257, b * 257
    end)))
    local palette = "\1\2\3\250\251\252\100\0\7"
    local transparent = pictures.chunk("tRNS", "\0\128")
    for _, depth in ipairs { 2, 4, 8 } do
      for _, chunks in ipairs { "", transparent } do
        expect(5, 4, 3, function(x, y)
          return palette:byte((x + y) % 3 * 3 + 1, (x + y) % 3 * 3 + 3)
        end, decode(png(5, 4, 3, depth, function(x, y) return (x + y) % 3 end,
            { palette = palette, chunks = chunks })))
      end
    end
  end)

  it("become grey by BT.601 and colour by repeating grey", function()
    local function rgb(x, y) return x * 20, y * 30, 255 - x end
    local image = decode(png(12, 8, 2, 8, rgb), 1)
    assert.same({ 1, 8, 12 }, image:size():totable())
    for y = 0, 7 do
      for x = 0, 11 do
        local r, g, b = rgb(x, y)
        assert(math.abs(image[1][y + 1][x + 1] - (0.299 * r + 0.587 * g + 0.114 * b)) < 0.51)
      end
    end
    expect(4, 2, 3, function(x) return x * 60, x * 60, x * 60 end,
      decode(png(4, 2, 0, 8, function(x) return x * 60 end), 3))
    local grey = function(x) return x * 60, x * 60, x * 60 end
    expect(4, 2, 1, grey, decode(png(4, 2, 2, 8, grey), 1)) -- the weights add up to 1
  end)

  it("cut short or with any bit flipped are refused, or say the same", function()
    local bytes = png(3, 2, 2, 8, function(x, y) return x, y, 7 end)
    files.refuses_truncation(function(b) return decode(b) end, bytes)
    local refused = files.flip_bits(function(b) return decode(b) end, bytes, function() end)
    assert(refused >= 8 * #bytes - 16, refused) -- a CRC guards all; only names of no chunk differ
  end)

  it("larger than their bytes can fill cost no memory", function()
    local huge = png(1, 1, 0, 8, function() return 0 end):gsub("IHDR........",
      "IHDR" .. string.pack(">I4I4", 11000, 11000), 1)
    local head = huge:sub(13, 29)
    huge = huge:sub(1, 29) .. string.pack(">I4", files.crc32(head)) .. huge:sub(34)
    local before = circlet.memory(true)
    files.refused("format", "too short for its image", decode(huge))
    local _, peak = circlet.memory()
    assert(peak - before < 1e6)
    huge = png(1, 1, 0, 8, function() return 0 end):gsub("IHDR........",
      "IHDR" .. string.pack(">I4I4", 0x7fffffff, 0x7fffffff), 1)
    huge = huge:sub(1, 29) .. string.pack(">I4", files.crc32(huge:sub(13, 29))) .. huge:sub(34)
    files.refused("format", "png: ", decode(huge))
  end)
end)

describe("JPEG images", function()
  -- The encoder's tables at quality 95 and one rounding each way keep smooth images within 8 levels
  -- (chroma is halved and spread again, which costs most at the borders).
  local function near(image, message, channels)
    assert(image, message)
    assert.same({ channels, 12, 20 }, image:size():totable())
    for y = 0, 11 do
      for x = 0, 19 do
        local want = channels == 1 and { 10 * x + 3 * y } or { 12 * x, 20 * y, 100 }
        for c = 1, channels do
          local got = image[c][y + 1][x + 1]
          assert(math.abs(got - want[c]) <= 12, ("%d, %d: %d for %d"):format(x, y, got, want[c]))
        end
      end
    end
  end

  it("are read in colour and in grey, baseline and progressive", function()
    local colour, message = decode(pictures.jpeg.colour)
    near(colour, message, 3)
    local progressive = decode(pictures.jpeg.progressive)
    near(progressive, nil, 3)
    near(decode(pictures.jpeg.grey), nil, 1)
    assert(colour:equal(progressive)) -- the same coefficients in another order
    local grey = decode(pictures.jpeg.grey)
    assert(decode(pictures.jpeg.grey, 3):select(1, 2):equal(grey:select(1, 1)))
  end)

  it("of other kinds are refused", function()
    files.refused("format", "CMYK", decode(pictures.jpeg.cmyk))
    files.refused("format", "arithmetic", decode(pictures.jpeg.arith))
  end)

  it("cut short or damaged are refused where it shows, and never crash", function()
    local bytes = pictures.jpeg.grey
    files.refuses_truncation(function(b) return decode(b) end, bytes:sub(1, -3))
    local refused = files.flip_bits(function(b) return decode(b) end, bytes, function(image)
      assert(image:dim() == 3)
    end)
    assert(refused > 100)
    files.refused("format", "too short for its image",
      decode((bytes:gsub("(\xff\xc0\0\11\8)....", "%1" .. "\x3f\xff\x3f\xff", 1))))
  end)
end)

describe("PGM and PPM images", function()
  it("are read as numbers and as bytes, with comments", function()
    local function grey(x, y) return x * 20 + y end
    expect(3, 2, 1, grey, decode("P5 3 2 255\n\0\20\40\1\21\41"))
    expect(3, 2, 1, grey, decode("P2\n# a comment\n3 2 # another\n255\n0 20 40\n1 21 41\n"))
    expect(1, 2, 3, function(_, y) return y, 2, 255 end, decode("P6\n1 2\n255\n\0\2\255\1\2\255"))
    expect(1, 2, 3, function(_, y) return y, 2, 255 end, decode("P3 1 2 255 0 2 255 1 2 255"))
  end)

  it("are scaled from their greatest value to 255", function()
    expect(3, 1, 1, function(x) return ({ [0] = 0, 128, 255 })[x] end, decode "P2 3 1 2 0 1 2")
    expect(2, 1, 1, function(x) return ({ [0] = 255, 1 })[x] end,
      decode("P5 2 1 65535\n\255\255\1\1"))
    expect(2, 1, 1, function(x) return ({ [0] = 26, 255 })[x] end, decode("P5 2 1 10\n\1\10"))
  end)

  it("that do not keep to the format are refused", function()
    for text, why in pairs {
      ["P5 3 2 255\n12345"] = "too short", ["P5 3 2 255\n1234567"] = "bytes follow",
      ["P2 2 1 255 1"] = "too short", ["P2 2 1 255 1 2 3"] = "bytes follow",
      ["P2 2 1 9 1 10"] = "a sample is missing", ["P5 2 1 9\n\1\10"] = "a sample is missing",
      ["P5 0 1 255\n"] = "0 pixels", ["P5 -1 1 255\n1"] = "a size is wrong",
      ["P5 1 1 0\n1"] = "a greatest value", ["P5 1 1 65536\n11"] = "a greatest value",
      ["P5 1 1 255"] = "cut short", ["P5"] = "a size is wrong", ["P4 8 1\n1"] = "P4 is not read",
      ["P5 2147483647 2147483647 255\n1"] = "too short",
      ["P3 1 1 255 1 2 x"] = "a sample is missing",
      ["P5 99999999999999999999 1 255\n1"] = "a size is wrong",
    } do
      files.refused("format", why, decode(text))
    end
    files.refuses_truncation(function(b) return decode(b) end, "P6\n2 1\n255\nabcdef")
  end)
end)

describe("other bytes", function()
  it("are no image", function()
    for _, bytes in ipairs { "", "P", "GIF89a", "\x89PN", "\xff\xd8", "P0 1 1 255\n1" } do
      files.refused("format", "neither PNG nor JPEG", decode(bytes))
    end
    support.raises("1 or 3 channels", decode, "P5 1 1 255\n1", 2)
  end)

  it("leave no memory behind, whichever allocation fails", function()
    for _, bytes in ipairs {
      png(3, 2, 2, 8, function(x, y) return x, y, 7 end), pictures.jpeg.colour,
      "P5 3 2 255\n123456", png(3, 2, 0, 1, function() return 1 end, { interlaced = true }),
    } do
      assert(files.failing_allocations(function() assert(decode(bytes, 1)) end) >= 2)
    end
  end)
end)
