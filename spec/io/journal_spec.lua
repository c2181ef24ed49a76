local core = require "circlet.core"
local json = require "circlet.json"
local raises = require("spec.support").raises

local journal_line = core.io.journal_line

describe("a common line of a journal", function()
  local function read(line) return journal_line(line .. "\n", 1, {}) end
  local head = '{"op_code":%d,"worker_id":"w-1","trial_id":7,'

  it("gives its operation and its fields", function()
    local now = "2026-01-02T03:04:05.000006+00:00"
    local create = '{"op_code":4,"worker_id":"w-1","study_id":2,"datetime_start":"' .. now .. '"}'
    assert.same({ #create + 2, 4, 2, "w-1", now }, { read(create) })
    local param = head:format(5) .. [["param_name":"x y","param_value_internal":0.1,]]
      .. [["distribution":"{\"a\": \"b\\\\c\"}"}]]
    assert.same({ #param + 2, 5, 7, "x y", 0.1, '{"a": "b\\\\c"}' }, { read(param) })
    local done = head:format(6) .. [["state":1,"values":[1,2.5],"datetime_complete":"t"}]]
    assert.same({ n = 8, #done + 2, 6, 7, 1, "w-1", nil, "t", { 1, 2.5 } }, table.pack(read(done)))
    local begun = head:format(6) .. [["state":0,"values":null,"datetime_start":"t"}]]
    assert.same({ n = 8, #begun + 2, 6, 7, 0, "w-1", "t", nil, nil }, table.pack(read(begun)))
    local step = head:format(7) .. [["step":3,"intermediate_value":-Infinity}]]
    assert.same({ #step + 2, 7, 7, 3, -math.huge }, { read(step) })
    local seen = select(5, read((step:gsub("-Infinity", "NaN"))))
    assert.is_true(seen ~= seen)
  end)

  it("may have its fields in any order, and space between them", function()
    local line = ' { "step" : 3 ,\t"trial_id":7,"intermediate_value":1e-3 , "worker_id":"w",'
      .. '"op_code": 7 } \r'
    assert.same({ #line + 2, 7, 7, 3, 0.001 }, { read(line) })
  end)

  it("has numbers to the last bit, and whole ones as integers", function()
    local words = { "0", "-0", "-7", "9223372036854775807", "-9223372036854775807", "0.5", "-0.0",
      "1e5", "1E+22", "1e23", "1e-22", "1e-23", "123456789012345678.5", "9007199254740993.0",
      "9007199254740992e-22", "0.30000000000000004", "1e308", "1e309", "-1e309", "5e-324", "1e-400",
      "2.2250738585072011e-308", "0.1000000000000000055511151231257827021181583404541015625" }
    for seed = 1, 300 do
      local a, b = core.philox(seed, 1, 2, 3, 4, 5)
      local x = string.unpack("<d", string.pack("<I4I4", a, b))
      if x == x and x ~= math.huge and x ~= -math.huge then
        words[#words + 1] = ("%.17g"):format(x)
        words[#words + 1] = ("%.15g"):format(a / 1e6)
      end
    end
    for _, word in ipairs(words) do
      local expected = json.decode(word)
      local line = head:format(7) .. '"step":1,"intermediate_value":' .. word .. "}"
      local _, op, _, _, got = read(line)
      if op then -- words of 64 letters and more are left to json.decode
        assert.equal(math.type(expected), math.type(got), word)
        assert.equal(string.pack("<n", expected), string.pack("<n", got), word)
      else
        assert.is_true(#word >= 57 or expected == math.mininteger, word)
      end
    end
  end)

  it("leaves to the general parser what is not common", function()
    local good = head:format(7) .. '"step":3,"intermediate_value":1}'
    assert.equal(7, select(2, read(good)))
    for _, line in ipairs {
      "", "{", "{}", "[1]", good:sub(1, -2), good .. "x", good:gsub("}", ",}"),
      good:gsub("7,", "77,"),
      good:gsub('"op_code":7,', ""), good:gsub("}", ',"step":3}'), good:gsub("}", ',"more":3}'),
      good:gsub("w%-1", "w\\n"), good:gsub("w%-1", "w\\\""), good:gsub("w%-1", "\u{e4}"),
      good:gsub("w%-1", "\1"), good:gsub("1}", '"1"}'), good:gsub("1}", "01}"),
      good:gsub("1}", "1.}"),
      good:gsub("1}", "-}"), good:gsub("1}", ".5}"), good:gsub("1}", "1e}"),
      good:gsub("1}", "-NaN}"),
      good:gsub("1}", "nan}"), good:gsub("1}", "null}"), good:gsub(":3,", ":3.0,"),
      good:gsub(":3,", ":99999999999999999999,"), good:gsub("step", "state"),
      good:gsub('"step"', "step"), '{"op_code":1,"worker_id":"w","study_id":0}',
      head:format(6) .. '"state":1,"datetime_complete":"t"}',
      head:format(6) .. '"state":1,"values":[],"datetime_complete":"t"}',
      head:format(6) .. '"state":1,"values":[1,2,3,4,5],"datetime_complete":"t"}',
      head:format(5) .. [["param_name":"x","param_value_internal":1,"distribution":"\u0041"}]],
    } do
      local after, op = read(line)
      assert.equal(#line + 2, after)
      assert.is_nil(op, line)
    end
  end)

  it("ends at its newline, begins where it is told, and never further", function()
    local line = head:format(7) .. '"step":3,"intermediate_value":1}\n'
    assert.same({ 2 * #line + 1, 7, 7, 3, 1 }, { journal_line(line .. line, #line + 1, {}) })
    assert.same({}, { journal_line(line:sub(1, -2), 1, {}) })
    assert.same({}, { journal_line("", 1, {}) })
    assert.same({}, { journal_line(line, #line + 1, {}) })
    raises("a place in the text", journal_line, line, #line + 2, {})
    raises("a place in the text", journal_line, line, 0, {})
    raises("table expected", journal_line, line, 1)
    raises("string expected", journal_line, nil, 1, {})
  end)

  it("has printable ASCII in its texts, wherever a byte stands", function()
    for at = 1, 20 do
      for _, byte in ipairs { 1, 0x1f, 0x20, 0x21, 0x23, 0x5b, 0x5d, 0x7e, 0x7f, 0x80, 0xa2, 0xdc,
                              0xff } do
        local name = ("p"):rep(at - 1) .. string.char(byte) .. ("q"):rep(20 - at)
        local line = head:format(5) .. '"param_name":"' .. name
          .. '","param_value_internal":1,"distribution":"d"}'
        local _, op, _, read_name = read(line)
        if byte < 0x20 or byte > 0x7e then
          assert.is_nil(op)
        else
          assert.equal(name, read_name)
        end
      end
    end
  end)

  it("gives what kept.distribution makes of a text, and asks once for each", function()
    local form = head:format(5)
      .. [["param_name":"x","param_value_internal":1,"distribution":"{\"high\": %d}"}]] .. "\n"
    local asked = {}
    local kept = { distribution = function(text)
      asked[#asked + 1] = text
      if text == '{"high": 2}' then error("not this", 0) end
      return { text }
    end }
    for _ = 1, 2 do
      for _, high in ipairs { 1, 3 } do
        local text = ('{"high": %d}'):format(high)
        assert.same({ text }, (select(6, journal_line(form:format(high), 1, kept))))
      end
      raises("not this", journal_line, form:format(2), 1, kept)
    end
    assert.same({ '{"high": 1}', '{"high": 3}', '{"high": 2}', '{"high": 2}' }, asked)
  end)

  it("keeps texts that come again apart from each other", function()
    local kept = {}
    local form = head:format(5)
      .. [["param_name":"x","param_value_internal":1,"distribution":"{\"high\": %d}"}]] .. "\n"
    for round = 1, 2 do
      for i = 1, 6000 do -- more than are kept, so some share a place
        local high = i % (round == 1 and 6000 or 3000)
        local text = select(6, journal_line(form:format(high), 1, kept))
        assert.equal(('{"high": %d}'):format(high), text)
      end
    end
  end)
end)
