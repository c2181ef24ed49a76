local files = require "circlet.report.files"
local jsonl = require "circlet.report.jsonl"

local path

describe("a journal", function()
  before_each(function() path = os.tmpname() end)
  after_each(function() os.remove(path) end)

  it("gives back what was appended, in order", function()
    os.remove(path)
    assert.same({}, (jsonl.read(path))) -- not there yet: empty
    local records = { { gamma = 64, m = 0.1 + 0.2, name = "γ \"x\"\n" }, { list = { 1, 2 } } }
    for _, record in ipairs(records) do assert.is_true(jsonl.append(path, record)) end
    local values, rest = jsonl.read(path)
    assert.equal(0, rest)
    assert.equal(2, #values)
    assert.equal(records[1].m, values[1].m)
    assert.equal(records[1].name, values[1].name)
    assert.equal(2, values[2].list[2])
    assert.equal(2, select(2, files.read(path):gsub("\n", "")))
  end)

  it("passes over a half-written last line, and the next append takes it away", function()
    assert(files.write(path, '{"a":1}\n{"a":2}\n{"a":'))
    local values, rest = jsonl.read(path)
    assert.equal(2, #values)
    assert.equal(5, rest)
    assert(jsonl.append(path, { a = 3 }))
    assert.equal('{"a":1}\n{"a":2}\n{"a":3}\n', files.read(path))
    assert(files.write(path, '{"a":'))
    assert(jsonl.append(path, { a = 4 }))
    assert.equal('{"a":4}\n', files.read(path))
  end)

  it("says where a complete line is broken, and when the disk says no", function()
    assert(files.write(path, '{"a":1}\nnonsense\n{"a":2}\n'))
    local values, message, code = jsonl.read(path)
    assert.is_nil(values)
    assert.truthy(message:find(path .. ": line 2 is not JSON", 1, true), message)
    assert.equal("format", code)
    local ok
    ok, message, code = jsonl.append("/no/such/folder/x", {})
    assert.is_nil(ok)
    assert.truthy(message:find("cannot write /no/such/folder/x: No", 1, true), message)
    assert.equal("io", code)
    if not files.kind("/dev/full") then return pending("there is no /dev/full here") end
    ok, message, code = jsonl.append("/dev/full", {})
    assert.is_nil(ok)
    assert.equal("cannot write /dev/full: No space left on device", message)
    assert.equal("io", code)
  end)

  it("writes what is not a number as null", function()
    assert(jsonl.append(path, { loss = 0 / 0 }))
    assert.equal('{"loss":null}\n', files.read(path))
  end)
end)
