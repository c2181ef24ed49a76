-- Damaged inputs for every parser: each is parsed or refused with a message, and never costs more
-- memory than it could hold. CIRCLET_FUZZ sets the number of rounds; the message of a failure has
-- the seed of its round.
local circlet = require "circlet"
local core = require "circlet.core"
local corpus = require "spec.fuzz.corpus"
local pictures = require "spec.io.pictures"
local mutator = require "spec.fuzz.mutate"
local support = require "spec.support"

local rounds = tonumber(os.getenv "CIRCLET_FUZZ" or "") or 300

-- Parsing, and what must hold for a value that was parsed.
local parsers = {
  idx = {
    parse = core.io.parse_idx,
    check = function(t) return t:nElement() == 0 or support.flat(t) end,
  },
  npy = {
    parse = core.io.parse_npy,
    check = function(t)
      local bytes = core.io.format_npy(t)
      assert(core.io.format_npy(assert(core.io.parse_npy(bytes))) == bytes)
    end,
  },
  gzip = {
    parse = function(bytes) return core.io.inflate(bytes, 100000) end,
    check = function(text) assert(#text <= 100000) end,
  },
  zip = {
    parse = function(bytes) return core.images.parse_zip(bytes, 100000) end,
    check = function(names)
      for _, name in ipairs(names) do assert(#name > 0 and not name:find("\0", 1, true)) end
    end,
  },
  t7 = {
    parse = circlet.deserialize,
    check = function(object)
      local written, bytes = pcall(circlet.serialize, object) -- not everything can be written
      if written then assert(select("#", circlet.deserialize(bytes)) == 1) end
    end,
  },
  ascii = {
    parse = function(bytes) return circlet.deserialize(bytes, "ascii") end,
    check = function() end,
  },
  journal = {
    parse = function(bytes)
      local found = table.pack(core.io.journal_line(bytes .. "\n", 1, {}))
      if found[2] == nil then return nil, "not a common line", "format" end
      found.line = bytes:sub(1, found[1] - 2)
      return found
    end,
    -- What the fast way takes, the strict one must take, too, and come to the same.
    check = function(found)
      local line = assert(circlet.json.decode(found.line, { nan = "bare" }))
      local function same(i, name)
        local a, b = found[i], line[name]
        assert(a == b or a ~= a and b ~= b or a == nil and b == circlet.json.null, name)
      end
      local names = {
        [4] = { "study_id", "worker_id", "datetime_start" },
        [5] = { "trial_id", "param_name", "param_value_internal", "distribution" },
        [6] = { "trial_id", "state", "worker_id", "datetime_start", "datetime_complete" },
        [7] = { "trial_id", "step", "intermediate_value" },
      }
      same(2, "op_code")
      for i, name in ipairs(names[found[2]]) do same(i + 2, name) end
      if found[2] ~= 6 then return end
      local values = type(line.values) == "table" and line.values or {}
      assert(#(found[8] or {}) == #values, "values")
      for i, value in ipairs(found[8] or {}) do
        assert(value == values[i] or value ~= value and values[i] ~= values[i], "values")
      end
    end,
  },
  json = {
    parse = circlet.json.decode,
    check = function(value)
      local text = circlet.json.encode(value, { nan = "null" })
      assert(circlet.json.encode(circlet.json.decode(text)) == text)
    end,
  },
}

for _, format in ipairs { "png", "jpeg", "pnm" } do
  parsers[format] = {
    parse = function(bytes)
      return core.images.decode(format == "png" and pictures.repaired(bytes) or bytes)
    end,
    check = function(image)
      local size = image:size():totable()
      assert(#size == 3 and (size[1] == 1 or size[1] == 3) and size[2] >= 1 and size[3] >= 1)
      assert(image:sum() >= 0)
    end,
  }
end

-- The most that the core may hold at once for an input: what the elements in it widen to, what gzip
-- and ZIP inflate, and what images can be: deflate gives 1032 bytes for one, of which a palette of
-- one bit makes 24 times as many, twice while they are brought in order, and a JPEG has 512 pixels
-- for a byte; 64 bytes a block and the blocks' owners come on top.
local most = { gzip = 400000, zip = 400000 }
local times = { png = 2 * 24 * 1032, jpeg = 2 * 3 * 512 }
local function allowance(name, bytes)
  return (most[name] or (times[name] or 32) * #bytes) + 100000
end

local function try(name, bytes)
  local before = circlet.memory(true)
  local value, message, code = parsers[name].parse(bytes)
  local _, peak = circlet.memory()
  assert(peak - before <= allowance(name, bytes), "it takes " .. peak - before .. " bytes")
  if value == nil and code ~= nil then
    assert(code == "format" and type(message) == "string" and #message > 0)
    return false
  end
  if value ~= nil then parsers[name].check(value) end
  return true
end

describe("damaged input", function()
  for name in pairs(parsers) do
    it("is parsed or refused: " .. name, function()
      local inputs, refused = corpus[name], 0
      for _, bytes in ipairs(inputs) do assert(try(name, bytes), "a sound input is refused") end
      for seed = 1, rounds do
        local bytes = mutator(seed):damaged(inputs)
        local ok, result = pcall(try, name, bytes)
        assert(ok, ("seed %d, %d bytes: %s"):format(seed, #bytes, tostring(result)))
        if not result then refused = refused + 1 end
      end
      assert(refused > rounds // 3 and refused < rounds)
    end)
  end
end)
