-- The optimisers beside those of real Torch7, whose results optim.txt holds.
local circlet = require "circlet"
local torch7 = require "spec.torch7.support"
local support = require "spec.support"

local function numbers(text)
  local list, names = {}, {}
  for word in text:gmatch "%S+" do
    if tonumber(word) then list[#list + 1] = tonumber(word) else names[#names + 1] = word end
  end
  return list, names
end

describe("the optimisers of circlet.torch7", function()
  it("go where those of real Torch7 go", function()
    local expected, names = numbers(assert(circlet.read_file "spec/torch7/optim.txt"))
    local text, ok = torch7.output "lua5.4 -l circlet.torch7 spec/torch7/optim.lua"
    assert(ok, text)
    local found, found_names = numbers(text)
    assert.equal(9, #names)
    assert.same(names, found_names)
    -- adam adds its epsilon of 1e-8 elsewhere: a step of 1e-2 differs by about 1e-10, 50 steps by
    -- 5e-9; the others round in another order. Losses are up to 30.
    support.near(expected, found, 1e-7)
  end)

  it("are held against what real Torch7 gives today", function()
    local real, why = torch7.real()
    if not real then return pending(why) end
    local text, ok = torch7.output(torch7.command "spec/torch7/optim.lua")
    assert(ok, text)
    local expected = numbers(assert(circlet.read_file "spec/torch7/optim.txt"))
    support.near(expected, (numbers(text)), 1e-7)
  end)
end)
