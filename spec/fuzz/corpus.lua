-- What fuzzers begin with: small valid inputs of every parser, by the parser's name. As a program
-- it writes them below a folder, a file each: lua5.4 spec/fuzz/corpus.lua build/fuzz/corpus
local circlet = require "circlet"
local files = require "spec.io.support"
local pictures = require "spec.io.pictures"

local function unhex(digits)
  return (digits:gsub("%s", ""):gsub("%x%x", function(hex)
    return string.char(tonumber(hex, 16))
  end))
end

local corpus = {
  idx = {
    "\0\0\8\1\0\0\0\3abc", "\0\0\9\2\0\0\0\1\0\0\0\2\128\127", "\0\0\11\1\0\0\0\2\0\1\255\254",
    "\0\0\12\1\0\0\0\1\1\2\3\4", "\0\0\13\3\0\0\0\1\0\0\0\1\0\0\0\1\63\128\0\0",
    "\0\0\14\1\0\0\0\1\63\240\0\0\0\0\0\0", "\0\0\8\2\0\0\0\0\0\0\0\5",
  },
  npy = {
    circlet.npy.format(circlet.DoubleTensor { { 1, 2 }, { 3, 4 } }),
    circlet.npy.format(circlet.LongTensor { 1, 2, 3 }),
    circlet.npy.format(circlet.ByteTensor()),
  },
  gzip = {
    files.gzip "", files.gzip "circle loss", files.gzip(("ab"):rep(300)) .. files.gzip "c",
    -- deflated with back references, by fixed codes and by codes of its own
    unhex [[1f8b08000000000002034bce2c4ace495548865039f9c5c5484432d992008d68cfd857000000]],
    unhex [[
      1f8b08000000000002ff4bce2c4ace4955c8c92f2e56481e016c06462666165636760e4e2e6e1e5e3e7e01412161
      11513171094929691959397905452565155535750d4d2d6d1d5d3d7d03432363135333730b4b2b6b1b5b3b7b005a
      9da35f30010000]],
  },
  journal = {
    '{"op_code":4,"worker_id":"w","study_id":0,"datetime_start":"2026-01-02T03:04:05.06+00:00"}',
    '{"op_code": 5, "worker_id": "w", "trial_id": 1, "param_name": "x", '
      .. [["param_value_internal": 0.25, "distribution": ]]
      .. [["{\"name\": \"FloatDistribution\", \"low\": -5.0, \"q\": \"\\\"\"}"}]],
    '{"op_code":6,"worker_id":"w","trial_id":1,"state":1,"values":[1.5e-7,-0,NaN,-Infinity],'
      .. '"datetime_complete":"t"}',
    '{"op_code":6,"worker_id":"w","trial_id":1,"state":0,"values":null,"datetime_start":"t"}',
    '{"op_code":7,"worker_id":"w","trial_id":1,"step":12,'
      .. '"intermediate_value":0.30000000000000004}',
  },
  t7 = {}, ascii = {},
  json = {
    '{"gamma":80,"m":0.25,"recall":[0.9,0.95],"name":"a\\u0041\\n","none":null,"yes":true}',
    "[-1e-3, 1E5, 0, 123456789012345678901234567890, [], {}]", '"\\ud83d\\ude00"', " false ",
  },
}

do
  local function samples(count)
    return function(x, y) return table.unpack({ (x + y) % 2, x % 2, y % 2, 1 }, 1, count) end
  end
  local png, jpeg = pictures.png, pictures.jpeg
  corpus.png = {
    png(3, 2, 2, 8, samples(3)), png(9, 3, 0, 1, samples(1), { interlaced = true }),
    png(2, 2, 6, 16, samples(4)),
    png(4, 1, 3, 2, function(x) return x % 2 end, { palette = "\1\2\3\4\5\6" }),
    png(2, 2, 4, 8, samples(2)),
  }
  corpus.jpeg = { jpeg.colour, jpeg.progressive, jpeg.grey }
  corpus.pnm = {
    "P5 3 2 255\n123456", "P2 2 1 9 # grey\n1 9\n", "P6\n1 2\n65535\n" .. ("ab"):rep(6),
    "P3 1 1 7 1 2 3",
  }
  corpus.zip = {
    pictures.zip { { "a/1.png", "one" }, { "b/", "" }, { "b/2.png", "two",
      deflated = pictures.deflate "two" } },
    pictures.zip {},
  }
end

for _, layout in ipairs {
  { "<f2", "\0\60\0\60" }, { ">i2", "\0\1\0\2" }, { "<u4", "\1\0\0\0\2\0\0\0" },
  { "|b1", "\0\1" }, { ">f4", "\63\128\0\0\64\0\0\0" },
} do
  local header = ("{'descr': '%s', 'fortran_order': True, 'shape': (2, 1), }\n"):format(layout[1])
  corpus.npy[#corpus.npy + 1] = "\x93NUMPY\1\0" .. string.pack("<s2", header) .. layout[2]
end

do
  local shared = circlet.FloatTensor { { 1, 2 }, { 3, 4 } }
  local cycle = { 1, "two", { three = true }, shared, shared:t() }
  cycle.self = cycle
  for _, object in ipairs {
    cycle, circlet.LongTensor { 5, 6 }, circlet.DoubleStorage { 0.5 }, "text", -7.25, false,
    circlet.nn.Sequential():add(circlet.nn.Linear(2, 2)),
  } do
    table.insert(corpus.t7, circlet.serialize(object))
    table.insert(corpus.ascii, circlet.serialize(object, "ascii"))
  end
end

do -- both byte orders, longs of 4 and 8 bytes, types of CUDA and of Torch7 alone, old modules
  local dialects = require "spec.serialize.dialects"
  for _, order in ipairs { "<", ">" } do
    for _, long in ipairs { 4, 8 } do
      for _, bytes in pairs(dialects.files(order, long)) do table.insert(corpus.t7, bytes) end
    end
  end
  table.insert(corpus.ascii, "4\n1\n3\nV 1\n16\ntorch.CharTensor\n1\n2\n1\n1\n4\n2\n3\nV 1\n"
    .. "17\ntorch.CharStorage\n2\na\255\n")
end

for _, name in ipairs { "little64", "little32", "big64", "big32" } do -- by real Torch7
  table.insert(corpus.t7, files.read(("spec/serialize/torch7/%s.t7"):format(name)))
end
table.insert(corpus.ascii, files.read "spec/serialize/torch7/ascii.t7")

local program = arg and arg[0] and arg[0]:find "corpus%.lua$" and arg[1]
if program then
  corpus.image = {} -- one fuzzer tries all decoders
  for _, format in ipairs { "png", "jpeg", "pnm" } do
    for _, bytes in ipairs(corpus[format]) do table.insert(corpus.image, bytes) end
  end
  for name, inputs in pairs(corpus) do
    assert(os.execute(("mkdir -p '%s/%s'"):format(arg[1], name)))
    for i, bytes in ipairs(inputs) do
      files.write(("%s/%s/%d"):format(arg[1], name, i), bytes)
    end
  end
end

return corpus
