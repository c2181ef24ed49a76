local json = require "circlet.json"
local files = require "spec.io.support"
local support = require "spec.support"

describe("json.encode", function()
  it("writes values on one line with sorted keys", function()
    assert.equal('{"a":[1,2,{}],"b":{"x":true,"y":false},"c":"s","d":null}', json.encode {
      d = json.null, c = "s", b = { y = false, x = true }, a = { 1, 2, {} },
    })
  end)

  it("writes the shortest number that reads back as the same", function()
    for text, number in pairs {
      ["0.1"] = 0.1, ["0.3333333333333333"] = 1 / 3, ["0.30000000000000004"] = 0.1 + 0.2,
      ["4.9406564584125e-324"] = 5e-324, ["1.7976931348623157e+308"] = 0x1.fffffffffffffp1023,
      ["3"] = 3.0, ["-0"] = -0.0, ["1e+100"] = 1e100,
      ["9223372036854775807"] = math.maxinteger, ["-9223372036854775808"] = math.mininteger,
    } do
      assert.equal(text, json.encode(number))
      assert.equal(number, json.decode(json.encode(number)))
    end
    assert.equal(-math.huge, 1 / json.decode(json.encode(-0.0)))
  end)

  it("refuses NaN and infinities, or writes null when asked", function()
    for _, number in ipairs { 0 / 0, math.huge, -math.huge } do
      support.raises("value.loss[2] is ", json.encode, { loss = { 1, number } })
      assert.equal("[1,null]", json.encode({ 1, number }, { nan = "null" }))
    end
    support.raises("option nan must be", json.encode, 1, { nan = "zero" })
  end)

  it("tells arrays from objects by their keys or their mark", function()
    assert.equal("{}", json.encode {})
    assert.equal("[]", json.encode(json.array()))
    assert.equal('[[],{}]', json.encode { json.array {}, {} })
    support.raises("value has the key 1: keys must all be strings", json.encode, { 1, x = 2 })
    support.raises("value has the key 3", json.encode, { [3] = 3 })
    support.raises("has the key 0.5", json.encode, { [0.5] = 1 })
    support.raises("its keys are not 1..n", json.encode, json.array { x = 1 })
    support.raises("its keys are not 1..n", json.encode, json.array { [2] = 1 })
  end)

  it("escapes what JSON must not hold as it is", function()
    assert.equal([["\"\\\b\f\n\r\t\u0000\u001f]] .. '\127äß€😀/"',
      json.encode "\"\\\b\f\n\r\t\0\31\127äß€😀/")
    support.raises("value.a is or has as a key a string that is not UTF-8", json.encode,
      { a = "\255" })
  end)

  it("refuses what has no JSON, and cycles", function()
    local cycle = {}
    cycle.me = cycle
    support.raises("contains itself", json.encode, cycle)
    support.raises("value.f is a function", json.encode, { f = print })
    support.raises("the value is a userdata", json.encode, io.stdout)
  end)
end)

describe("json.decode", function()
  it("reads what encode writes", function()
    local value = { a = { 1, 2.5, { x = "ü\n" } }, b = true, c = false, d = json.array() }
    local text = json.encode(value)
    local read = json.decode(text)
    assert.same({ 1, 2.5, { x = "ü\n" } }, { read.a[1], read.a[2], read.a[3] })
    assert.equal(text, json.encode(read))
    assert.equal(json.null, json.decode "[null]"[1])
  end)

  it("takes space where JSON allows it", function()
    local read = json.decode " \t\r\n{ \"a\" : [ 1 , 2 ] , \"b\" : { } } \n"
    assert.equal(2, read.a[2])
  end)

  it("reads whole numbers as integers when they fit, others as floats", function()
    for text, kind in pairs { ["1"] = "integer", ["-7"] = "integer", ["1.0"] = "float",
      ["1e2"] = "float", ["0"] = "integer", ["-0"] = "float", ["9223372036854775808"] = "float" } do
      assert.equal(kind, math.type(json.decode(text)), text)
    end
    assert.equal(0.5e-3, json.decode "0.5E-3")
  end)

  it("reads escapes and pairs of surrogates", function()
    assert.equal("\"\\/\b\f\n\r\tA€😀\127",
      json.decode([["\"\\\/\b\f\n\r\t\u0041\u20AC\uD83D\ude00]] .. "\127\""))
  end)

  it("says where a text is wrong", function()
    for text, message in pairs {
      [""] = "line 1, column 1: a value expected", ["[1,\n 2 3]"] = "line 2, column 4: ',' or ']'",
      ["[1,]"] = "column 4: a value", ['{"a":1,}'] = "column 8: a key", ["{a:1}"] = "2: a key",
      ['{"a" 1}'] = "column 6: ':'", ['{"a":1 "b"}'] = "column 8: ',' or '}'", ["1 2"] = "goes on",
      ['{"a":1,"a":2}'] = 'the key "a" comes twice', ["01"] = "a value", ["1."] = "malformed",
      [".5"] = "a value", ["+1"] = "a value", ["1e"] = "malformed", ["0x10"] = "malformed",
      ["nul"] = "a value", ["nulls"] = "a value", ["NaN"] = "a value", ["-"] = "a value",
      ['"a'] = "without an end", ['"\\x"'] = "unknown escape", ['"\\u12"'] = "four hexadecimal",
      ['"\\ud800"'] = "surrogate", ['"\\udc00"'] = "surrogate", ['"\\ud800\\u0041"'] = "surrogate",
      ['"\n"'] = "control character", ['"\255"'] = "column 2: the text is not UTF-8",
      ["[" .. ("["):rep(600)] = "nested too deeply", ["'a'"] = "a value", ["[1}"] = "',' or ']'",
    } do
      files.refused("format", message, json.decode(text))
    end
    support.raises("a string expected, got nil", json.decode)
  end)

  it("reads and writes NaN and the infinities as Python does, when asked to", function()
    local bare = { nan = "bare" }
    local text = '{"a":NaN,"b":[Infinity,-Infinity],"c":-1}'
    local value = json.decode(text, bare)
    assert.is_true(value.a ~= value.a)
    assert.same({ math.huge, -math.huge }, { table.unpack(value.b) })
    assert.equal(-1, value.c)
    assert.equal(text, json.encode(value, bare))
    assert.equal("NaN", json.encode(-(0 / 0), bare))
    for _, n in ipairs { 1, -7, 0.1, 1e300, 1 / 3, -0.0, math.huge, -math.huge, 0 / 0 } do
      assert.equal(json.encode(n, bare), json.number(n))
    end
    files.refused("format", "a value expected", json.decode("-NaN", bare))
    files.refused("format", "a value expected", json.decode("Nan", bare))
    files.refused("format", "a value expected", json.decode("[NaN]")) -- only when asked to
    support.raises('"null", "bare" or "error", got x', json.encode, 1, { nan = "x" })
  end)

  it("refuses a text cut anywhere", function()
    files.refuses_truncation(json.decode, '{"a":[1,2.5,null,true,"x\\u0041"],"b":{}}')
  end)
end)
