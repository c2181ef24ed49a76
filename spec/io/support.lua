-- What the specs of files share: a scratch folder, damaged inputs, failing allocations, and a gzip
-- writer of stored blocks that is independent of zlib.
local circlet = require "circlet"

local files = {}

--- A fresh empty folder, and a function that removes it.
function files.folder()
  local path = os.tmpname()
  os.remove(path)
  assert(os.execute("mkdir '" .. path .. "'"))
  return path, function() os.execute("rm -rf '" .. path .. "'") end
end

function files.write(path, bytes)
  local file = assert(io.open(path, "wb"))
  file:write(bytes)
  file:close()
end

function files.read(path)
  local file = assert(io.open(path, "rb"))
  local bytes = file:read "a"
  file:close()
  return bytes
end

--- The names in a folder, sorted, as one string.
function files.list(folder)
  local pipe = assert(io.popen("ls -A '" .. folder .. "'"))
  local names = pipe:read("a"):gsub("\n$", ""):gsub("\n", " ")
  pipe:close()
  return names
end

--- Asserts nil, a message that says `text`, and the code.
function files.refused(code, text, value, message, got)
  assert(value == nil, "nil was expected, got " .. tostring(value))
  assert(tostring(message):find(text, 1, true), ("%q does not say %q"):format(message, text))
  assert(got == code, ("the code should be %s, is %s"):format(code, tostring(got)))
end

--- parse(every proper prefix of bytes) must give nil, message, "format".
function files.refuses_truncation(parse, bytes)
  for length = 0, #bytes - 1 do
    local value, message, code = parse(bytes:sub(1, length))
    assert(value == nil and code == "format",
      ("cut to %d bytes: got %s, %s, %s"):format(length, tostring(value), message, code))
  end
end

--- Every single bit of bytes flipped in turn: check(value, byte) is called for what still parses.
-- Returns how many were refused.
function files.flip_bits(parse, bytes, check)
  local refused = 0
  for i = 1, #bytes do
    for bit = 0, 7 do
      local value, _, code = parse(bytes:sub(1, i - 1) .. string.char(bytes:byte(i) ~ 1 << bit)
        .. bytes:sub(i + 1))
      if value == nil and code then
        assert(code == "format")
        refused = refused + 1
      else
        check(value, i)
      end
    end
  end
  return refused
end

--- f() with its 1st, 2nd, 3rd ... allocation failing until none does: each failure must be a Lua
-- error about memory, and nothing may stay allocated. Returns how many allocations f makes.
function files.failing_allocations(f)
  collectgarbage()
  collectgarbage()
  local before = circlet.memory()
  for n = 1, 10000 do
    circlet.fail_allocation(n)
    local ok, message = pcall(f)
    circlet.fail_allocation(0)
    assert(ok or tostring(message):find("not enough memory", 1, true), message)
    collectgarbage()
    collectgarbage()
    assert(circlet.memory() == before, ("failure %d leaks %d bytes"):format(n,
      circlet.memory() - before))
    if ok then return n - 1 end
  end
  error("allocations never stop failing")
end

--- The checksum of gzip, PNG and ZIP.
function files.crc32(bytes)
  local crc = 0xFFFFFFFF
  for i = 1, #bytes do
    crc = crc ~ bytes:byte(i)
    for _ = 1, 8 do crc = crc >> 1 ~ (crc & 1 == 1 and 0xEDB88320 or 0) end
  end
  return crc ~ 0xFFFFFFFF
end

--- One gzip member (RFC 1952) with the bytes in one stored block (RFC 1951), below 64 KiB.
function files.gzip(bytes)
  return "\31\139\8\0\0\0\0\0\0\3\1" .. string.pack("<I2I2", #bytes, ~#bytes & 0xFFFF) .. bytes
    .. string.pack("<I4I4", files.crc32(bytes), #bytes)
end

return files
