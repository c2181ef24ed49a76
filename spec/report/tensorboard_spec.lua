local tensorboard = require "circlet.report.tensorboard"
local files = require "circlet.report.files"
local journals = require "spec.study.support"
local raises = require("spec.support").raises

-- A reader of its own: the records of a file, lengths and checksums checked.
local function records(bytes)
  local list, at = {}, 1
  local function checked(part)
    local crc = tensorboard.crc(part)
    local sum = string.unpack("<I4", bytes, at + #part)
    assert.equal(((crc >> 15 | crc << 17) + 0xa282ead8) & 0xffffffff, sum)
    at = at + #part + 4
    return part
  end
  while at <= #bytes do
    local length = string.unpack("<I8", checked(bytes:sub(at, at + 7)))
    list[#list + 1] = checked(bytes:sub(at, at + length - 1))
  end
  return list
end

describe("event files for TensorBoard", function()
  local folder
  before_each(function() folder = journals.folder() end)
  after_each(function() journals.remove(folder) end)

  it("have Castagnoli's checksum", function()
    -- RFC 3720, B.4, and the check value of the CRC catalogue.
    assert.equal(0x8a9136aa, tensorboard.crc(("\0"):rep(32)))
    assert.equal(0x62a8ab43, tensorboard.crc(("\255"):rep(32)))
    assert.equal(0xe3069283, tensorboard.crc "123456789")
    assert.equal(0, tensorboard.crc "")
  end)

  it("hold a version and a record a point", function()
    local board = assert(tensorboard.open(folder .. "/run"))
    board:scalar("loss", 0.5, 300, 2.0)
    board:scalar("ü", -math.huge, 0, 3.0)
    board:scalar("a", 1, -1, 3.0)
    assert.is_true(board:close())
    assert.is_true(board:close())
    local list = records(files.read(board.path))
    assert.equal(4, #list)
    assert.equal("\26\13brain.Event:2", list[1]:sub(10))
    assert.equal("\9" .. ("<d"):pack(2) .. "\16\172\2" -- 300 is 0b10_0101100
      .. "\42\13\10\11\10\4loss\21\0\0\0\63", list[2])
    assert.equal("\9" .. ("<d"):pack(3) .. "\42\11\10\9\10\2ü\21\0\0\128\255", list[3])
    assert.equal("\16" .. ("\255"):rep(9) .. "\1\42", list[4]:sub(10, 21)) -- 64 bits
  end)

  it("refuse what is no point, and say when a folder cannot be made", function()
    local board = assert(tensorboard.open(folder))
    raises("a name, a number and a whole number", board.scalar, board, "a", 1, 0.5)
    raises("a name, a number and a whole number", board.scalar, board, "a", "1", 1)
    assert(board:close())
    raises("closed", board.scalar, board, "a", 1, 1)
    assert.equal("io", select(3, tensorboard.open(board.path .. "/below")))
  end)
end)
