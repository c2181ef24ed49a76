-- The manual against what is really public, and its examples run.
local check = require "circlet.manual.check"
local circlet = require "circlet"
local manual = require "circlet.manual"
local names = require "circlet.manual.names"
local examples = require "spec.manual.examples"

local entries, by_name = manual.load()
local public = names.all()

describe("the manual", function()
  it("has a whole entry for each public name", function()
    local wrong = {}
    for _, name in ipairs(public) do
      local missing = check.missing(name, by_name)
      if #missing > 0 then
        wrong[#wrong + 1] = ("%s lacks %s"):format(name.name, table.concat(missing, ", "))
      end
    end
    assert.equal("", table.concat(wrong, "\n"))
  end)

  it("names nothing that is not there", function()
    local there, gone = {}, {}
    for _, name in ipairs(public) do there[name.name] = true end
    for name, entry in pairs(by_name) do
      local promised = entry.examples or entry.where:find("manual/core/", 1, true)
      if promised and not there[name] then gone[#gone + 1] = entry.where .. ": " .. name end
    end
    table.sort(gone)
    assert.equal("", table.concat(gone, "\n"))
  end)

  it("notices names that are new, half described, or gone", function()
    local it_is = { name = "circlet.f", kind = "function" }
    local index = { entries = {}, families = {} }
    manual.add(index, "--- Does it.\n-- @param a number\nfunction f.f(a, b) end\nreturn f\n",
      "f.lua", "circlet")
    assert.equal("circlet.f", index.entries[1].name)
    assert.same({ "an entry" }, check.missing(it_is, {}))
    assert.same({ "an @example", "@param b" },
      check.missing(it_is, { ["circlet.f"] = index.entries[1] }))
    local twice = "--- Does it.\n-- @param a number\n-- @param b number\n-- @option c number\n"
      .. "-- @option c number\n-- @example\n-- f()\nfunction f.f(a, b) end\nreturn f\n"
    manual.add(index, twice, "f.lua", "circlet")
    assert.same({ "one @option c instead of two" },
      check.missing(it_is, { ["circlet.f"] = index.entries[2] }))
  end)

  it("has examples whose wrong results are noticed", function()
    examples.run("1 + 1  --> 2", "right")
    examples.run("circlet.Tensor { 1, 0.123456 }  --> {1, 0.1235}", "digits")
    examples.run("for i = 1, 2 do print(i) end --> 1 2", "statement")
    assert.has_error(function() examples.run("1 + 1  --> 3", "wrong") end)
    assert.has_error(function() examples.run("1/3  --> 0.34", "digits") end)
    assert.has_error(function() examples.run("error 'no'", "raises") end)
    assert.has_error(function() examples.run("local x = 1 --> 1", "nothing") end)
  end)
end)

describe("the example of", function()
  local threads = circlet.getnumthreads()
  setup(function() circlet.setnumthreads(1) end)
  teardown(function() circlet.setnumthreads(threads) end)
  for _, entry in ipairs(entries) do
    for i, code in ipairs(entry.examples or {}) do
      it(("%s (%s, %d) runs"):format(entry.name, entry.where, i), function()
        local ok, message = pcall(examples.run, code, entry.where)
        if not ok and tostring(message):find("gnuplot is not installed", 1, true) then
          return pending "gnuplot is not installed"
        end
        if not ok then error(message, 0) end
      end)
    end
  end
end)
