local record = require "circlet.report.record"
local tiny = require "spec.train.tiny"

describe("the record of a run", function()
  it("holds program, flags, versions and machine", function()
    local facts = record.new("scripts/x.lua", { gamma = 64 }, ".")
    assert.equal("scripts/x.lua", facts.program)
    assert.same({ gamma = 64 }, facts.flags)
    assert.truthy(facts.started:find("^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%dZ$"))
    assert.equal("Lua 5.4", facts.versions.lua)
    assert.truthy(facts.versions.circlet:find("^circlet %d"))
    assert.is_true(#facts.machine.processor > 0)
    assert.is_true(facts.machine.threads >= 1)
  end)

  it("names the revision of the tree it is given, and only of that", function()
    local folder = tiny.path()
    finally(function() tiny.remove(folder) end)
    local code = tiny.shell("mkdir -p " .. folder .. "/sub && cd " .. folder .. " && git init -q . "
      .. "&& echo a >a && git add a && git -c user.name=x -c user.email=x@example.org commit -qm x")
    if code ~= 0 then return pending("git is not installed") end
    local revision = record.revision(folder)
    assert.truthy(revision:find("^%x+$"), revision)
    assert.is_nil(record.revision(folder .. "/sub"))
    tiny.shell("echo b >>" .. folder .. "/a")
    assert.equal(revision .. "+changes", record.revision(folder))
    assert.is_nil(record.revision("/"))
  end)

  it("tells in which flags two runs differ", function()
    assert.is_nil(record.difference({ a = 64, l = { 1, 2 } }, { a = 64.0, l = { 1.0, 2 } }))
    assert.equal("a: 64 there, 256 here; b: nil there, true here; l: 1,2 there, 1 here",
      record.difference({ a = 64, l = { 1, 2 } }, { a = 256, l = { 1 }, b = true }))
  end)

  it("makes a name out of flags that depends on each of them", function()
    local one = record.fingerprint { a = 1, b = { 1, 2 }, c = "x" }
    assert.truthy(one:find("^%x%x%x%x%x%x%x%x$"))
    assert.equal(one, record.fingerprint { c = "x", b = { 1.0, 2 }, a = 1 })
    for _, other in ipairs { { a = 2, b = { 1, 2 }, c = "x" }, { a = 1, b = { 2, 1 }, c = "x" },
                             { a = 1, b = { 1, 2 } } } do
      assert.not_equal(one, record.fingerprint(other))
    end
  end)
end)
