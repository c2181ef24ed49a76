--- What data.hash() is, over the bytes of a file: the CRC-32 that ZIP archives and `crc32` have.
-- @param path string
-- @return string
-- @error nil, message, "io" when the file cannot be read.
-- @example
-- circlet.write_file("digits.txt", "123456789")
-- data.hash_file "digits.txt"    --> crc32:cbf43926
local core = require "circlet.core"

return function(path)
  local crc, message, code = core.io.crc32_file(path)
  if not crc then return nil, message, code end
  return ("crc32:%08x"):format(crc)
end
