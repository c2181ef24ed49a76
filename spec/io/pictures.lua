-- Images for the specs: PNG written by the format's description (with stored blocks, so without
-- zlib), ZIP archives likewise, and a few JPEG files of 20 x 12 pixels that libjpeg-turbo's encoder
-- made (quality 95) of r = 12 x, g = 20 y, b = 100, or of grey 10 x + 3 y, with x, y from 0.
local files = require "spec.io.support"

local pictures = {}

local function adler32(bytes)
  local a, b = 1, 0
  for i = 1, #bytes do
    a = (a + bytes:byte(i)) % 65521
    b = (b + a) % 65521
  end
  return b << 16 | a
end

local function chunk(name, bytes)
  local checked = name .. bytes
  return string.pack(">I4", #bytes) .. checked .. string.pack(">I4", files.crc32(checked))
end

local function zlib(bytes) -- below 64 KiB
  return "\x78\x01\1" .. string.pack("<I2I2", #bytes, ~#bytes & 0xFFFF) .. bytes
    .. string.pack(">I4", adler32(bytes))
end

-- The samples of one row in `depth` bits each, padded to bytes.
local function pack_row(samples, depth)
  local parts, bits, value = {}, 0, 0
  for _, s in ipairs(samples) do
    if depth == 16 then
      parts[#parts + 1] = string.pack(">I2", s)
    else
      value, bits = value << depth | s, bits + depth
      if bits == 8 then
        parts[#parts + 1] = string.char(value)
        value, bits = 0, 0
      end
    end
  end
  if bits > 0 then parts[#parts + 1] = string.char(value << 8 - bits) end
  return table.concat(parts)
end

local adam7 = { -- first column, first row, steps
  { 0, 0, 8, 8 }, { 4, 0, 8, 8 }, { 0, 4, 4, 8 }, { 2, 0, 4, 4 }, { 0, 2, 2, 4 }, { 1, 0, 2, 2 },
  { 0, 1, 1, 2 },
}

--- A PNG file. pixel(x, y), from 0, returns the samples of a pixel. colour: 0 grey, 2 RGB,
-- 3 palette, 4 grey and alpha, 6 RGB and alpha; more.interlaced, more.palette (3 bytes an entry),
-- more.chunks (whole chunks before the pixels).
function pictures.png(width, height, colour, depth, pixel, more)
  more = more or {}
  local rows = {}
  local passes = more.interlaced and adam7 or { { 0, 0, 1, 1 } }
  for _, pass in ipairs(passes) do
    for y = pass[2], height - 1, pass[4] do
      local samples = {}
      for x = pass[1], width - 1, pass[3] do
        for _, s in ipairs { pixel(x, y) } do samples[#samples + 1] = s end
      end
      if #samples > 0 then rows[#rows + 1] = "\0" .. pack_row(samples, depth) end
    end
  end
  return "\x89PNG\r\n\26\n"
    .. chunk("IHDR", string.pack(">I4I4BBBBB", width, height, depth, colour, 0, 0,
      more.interlaced and 1 or 0))
    .. (more.palette and chunk("PLTE", more.palette) or "") .. (more.chunks or "")
    .. chunk("IDAT", zlib(table.concat(rows))) .. chunk("IEND", "")
end

pictures.chunk = chunk

--- The same bytes with every chunk's checksum made right, so that damage reaches what reads them.
function pictures.repaired(bytes)
  local parts, at = { bytes:sub(1, 8) }, 9
  while at + 12 <= #bytes + 1 do
    local length = string.unpack(">I4", bytes, at)
    if at + 12 + length > #bytes + 1 then break end
    parts[#parts + 1] = chunk(bytes:sub(at + 4, at + 7), bytes:sub(at + 8, at + 7 + length))
    at = at + 12 + length
  end
  return table.concat(parts) .. bytes:sub(at)
end

--- A ZIP archive of { name, contents } pairs, stored; or, where a pair has `deflated`, that data,
-- which claims to inflate to the contents. more.method, more.flags: what headers claim.
function pictures.zip(list, more)
  more = more or {}
  local parts, directory, at = {}, {}, 0
  for _, file in ipairs(list) do
    local name, contents = file[1], file[2]
    local size, crc, method = #contents, files.crc32(contents), more.method or 0
    if file.deflated then contents, method = file.deflated, 8 end
    local facts = string.pack("<I2I2I2I2I4I4I4", more.flags or 0, method, 0, 0, crc, #contents,
      size)
    parts[#parts + 1] = "PK\3\4\20\0" .. facts .. string.pack("<I2I2", #name, 0) .. name
      .. contents
    directory[#directory + 1] = "PK\1\2\20\0\20\0" .. facts
      .. string.pack("<I2I2I2I2I2I4I4", #name, 0, 0, 0, 0, 0, at) .. name
    at = at + #parts[#parts]
  end
  local entries = table.concat(directory)
  return table.concat(parts) .. entries .. "PK\5\6" .. string.pack("<I2I2I2I2I4I4I2", 0, 0, #list,
    #list, #entries, at, 0)
end

--- Raw deflate data: one stored block.
function pictures.deflate(bytes)
  return "\1" .. string.pack("<I2I2", #bytes, ~#bytes & 0xFFFF) .. bytes
end

local function unhex(digits)
  return (digits:gsub("%s", ""):gsub("%x%x", function(hex)
    return string.char(tonumber(hex, 16))
  end))
end

pictures.jpeg = {
  colour = unhex [[
    ffd8ffe000104a46494600010100000100010000ffdb00430002010101010102010101020202020204030202020205
    04040304060506060605060606070908060709070606080b08090a0a0a0a0a06080b0c0b0a0c090a0a0affdb004301
    020202020202050303050a0706070a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a
    0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0affc0001108000c001403012200021101031101ffc4001700000301000000
    0000000000000000000000070809ffc4002610000003060505000000000000000000000001070205060825d1153241
    51a203112292a1ffc400160101010100000000000000000000000000070609ffc40025110000030606030000000000
    00000000000005070102213141e10304061314238191f0ffda000c03010002110311003f0080d3e929c948e01e69f4
    94e4a4f016527c94c15dfa65866da9583cd3e4aa0bf03c336d4ac25f52abe6b19fbb830449773aea83d4adc446e592
    9a7b1493f400d3d72a51051bbd8a67d2b0012e22be6bb8d9fde468664d773ae23907a4cadc7fffd9
  ]],
  progressive = unhex [[
    ffd8ffe000104a46494600010100000100010000ffdb00430002010101010102010101020202020204030202020205
    04040304060506060605060606070908060709070606080b08090a0a0a0a0a06080b0c0b0a0c090a0a0affdb004301
    020202020202050303050a0706070a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a
    0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0affc2001108000c001403012200021101031101ffc4001700000301000000
    0000000000000000000000060708ffc400160101010100000000000000000000000000060508ffda000c0301000210
    031000000180bcd95ea597889a7825a1bfffc4001a100002030101000000000000000000000000050304061323ffda
    00080101000105025f8a17e288715e6bd55217aaa442aa973fffc4001b110001040300000000000000000000000006
    00010431031322ffda0008010301013f01093b9bcdac27737535afffc4001911000203010000000000000000000000
    00000402050612ffda0008010201013f01b2d7b44b5ed747ffc4001710010101010000000000000000000000000033
    0123ffda0008010100063f029249339a69bfffc40019100002030100000000000000000000000000c110213111ffda
    0008010100013f21c54c54acb09a07987fffda000c0301000200030000001064dfffc4001811000301010000000000
    00000000000000003141e101ffda0008010301013f109b1744b4e5d3ffc4001b110002010500000000000000000000
    0000003111218191e1f0ffda0008010201013f10af79d92cfae7ffc4001c1000020202030000000000000000000000
    000141d110611121c1ffda0008010100013f10c5eb223cd4d6551deeb2a86fd6a8ffd9
  ]],
  grey = unhex [[
    ffd8ffe000104a46494600010100000100010000ffdb00430002010101010102010101020202020204030202020205
    04040304060506060605060606070908060709070606080b08090a0a0a0a0a06080b0c0b0a0c090a0a0affc0000b08
    000c001401011100ffc40017000100030000000000000000000000000009040708ffc4002510000004040505000000
    0000000000000000040823010506510711243441162661a1f0ffdd00040001ffda0008010100003f002d524d11b566
    dc0fffd08a92688dab36e07fffd14130da88ed22ecfaf101ffd2c0c926524b4ad587ffd3b1d24ca49695ab0fffd455
    70da524ba48bb5f6501fffd9
  ]],
  cmyk = unhex [[
    ffd8ffe000104a46494600010100000100010000ffee000e41646f626500640000000000ffdb004300100b0c0e0c0a
    100e0d0e1211101318281a181616183123251d283a333d3c3933383740485c4e404457453738506d51575f62676867
    3e4d71797064785c656763ffc0001408000c0014044311004d11005911004b1100ffc4001800010101010100000000
    000000000000000006070405ffc4001e10010000060301000000000000000000000003051415415201046233ffda00
    0e0443004d0059004b00003f009495e1e1587c3859fac25782c3e0153d7f970587c032695e1a251c1d41612bc14707
    5054f5fe5c14707507ffd9
  ]],
  arith = unhex [[
    ffd8ffe000104a46494600010100000100010000ffdb004300100b0c0e0c0a100e0d0e1211101318281a1816161831
    23251d283a333d3c3933383740485c4e404457453738506d51575f626768673e4d71797064785c656763ffc9000b08
    000c001401011100ffcc000600101005ffda0008010100003f00ff00749c935a1bc808b5d9afc021e5cfe06b1bb906
    6551e9a8ffd9
  ]],
}

return pictures
