local chunk = require "circlet.prompt.chunk"

describe("what is typed", function()
  local function run(text, environment)
    environment = environment or setmetatable({}, { __index = _G })
    return assert(chunk.compile(text, environment))(), environment
  end

  it("is an expression where it can be one, also after =", function()
    assert.equal(3, run "1 + 2")
    assert.equal(3, run "= 1 + 2")
    assert.equal(4, run "return 4")
    assert.is_nil((run "-- nothing"))
  end)

  it("keeps outermost locals as globals, and inner ones as they are", function()
    local cases = {
      ["local x = 1"] = "x = 1", ["local a, b = 1, 2"] = "a, b = 1, 2", ["local x"] = "x = nil",
      ["local function f() local y = 1 return y end"] = "function f() local y = 1 return y end",
      ["for i = 1, 2 do local z = i end local q = 1"]
        = "for i = 1, 2 do local z = i end q = 1",
      ["if a then local z = 1 else local y end"] = "if a then local z = 1 else local y end",
      ["repeat local a until true local c = 1"] = "repeat local a until true c = 1",
      ["x = 'local y = 1' -- local z"] = "x = 'local y = 1' -- local z",
      ["x = [==[ local y ]] ]==] local z = 0x1e"] = "x = [==[ local y ]] ]==] z = 0x1e",
      ["local x <const> = 5"] = "x = 5", ["local f <close> = nil"] = "local f <close> = nil",
      ["--[[ local x ]] local y = 1"] = "--[[ local x ]] y = 1",
      ["local f = function() local z end local q"] = "f = function() local z end q = nil",
      ["local s = 'it\\'s' local t = 1"] = "s = 'it\\'s' t = 1",
    }
    for text, wanted in pairs(cases) do
      local found = chunk.globals(text):gsub("%s+", " "):gsub("^ ", "")
      assert.equal(wanted, found)
    end
    local _, environment = run "local x = 1 local function f() return x end"
    assert.equal(1, environment.f())
    environment.x = 2
    assert.equal(2, environment.f()) -- one x, not two
  end)

  it("says when more lines are needed, and when none will help", function()
    for _, text in ipairs { "for i = 1, 2 do", "f(", "x =", "1 +", "x = [[a", "--[[", "local f =",
      "function g()", "{", "if x then", "local function f(" } do
      local compiled, _, incomplete = chunk.compile(text)
      assert(not compiled and incomplete, text)
    end
    for _, text in ipairs { "1 1", "'abc", "end", "x = )", "for" .. " 1" } do
      local compiled, message, incomplete = chunk.compile(text)
      assert(not compiled and not incomplete, text)
      assert.truthy(message:find("^input:1:"))
    end
  end)
end)
