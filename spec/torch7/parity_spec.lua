-- circlet.torch7 beside real Torch7, expression by expression: parity.txt holds what real Torch7
-- gave, and is itself held against real Torch7 where that is.
local circlet = require "circlet"
local torch7 = require "spec.torch7.support"

local file = "spec/torch7/parity.txt"

-- Where circlet differs, and why.
local differs = {
  ["more is allowed"] = { "2 / v", "v ^ 2", "i:pow(2)", "v:expand(2, 3)", "torch.nElement(x)",
    "do local r = torch.Tensor(); r:mm(x, x:t()); return r end", "x:narrow(1, 1, 0)",
    "torch.linspace(1, 2, 1)" },
  ["an argument is an error instead of being bent"] = { "i:add(1.5)", "torch.ones(-1)",
    "torch.Tensor(-2)", "x:resize(-1)", "torch.multinomial(torch.Tensor{0, 1, 0}, 2)" },
  ["a size of 0 is a size"] = { "torch.Tensor(0)" },
  ["topk is always sorted"] = { "torch.topk(v, 2, 1, true)" },
  ["the tensor is returned, not the last argument"] = {
    "x:indexCopy(2, torch.LongTensor{1, 3}, torch.zeros(2, 2))",
    "x:indexAdd(1, torch.LongTensor{1, 1}, x:clone())",
    "x:indexFill(2, torch.LongTensor{2}, 9)", "x:maskedFill(x:gt(3), 0)" },
  ["columns are aligned beside infinity"] = { "tostring(torch.Tensor{0/0, 1/0, 1})" },
  ["missing"] = { "torch.cross(v, v + 1)", "torch.histc(v, 3)",
    "torch.conv2(torch.ones(3,3), torch.ones(2,2))",
    "torch.xcorr2(torch.ones(3,3), torch.ones(2,2))",
    "torch.conv2(torch.ones(3,3), torch.ones(2,2), 'F')",
    "torch.symeig(torch.Tensor{{2,0},{0,3}})", "torch.inverse(torch.Tensor{{2,0},{0,4}})",
    "torch.gesv(torch.Tensor{{1},{2}}, torch.Tensor{{2,0},{0,4}})",
    "torch.svd(torch.Tensor{{2,0},{0,1}})", "torch.qr(torch.Tensor{{2,0},{0,1}})",
    "torch.potrf(torch.Tensor{{4,0},{0,9}})" },
}

-- The lines of a text of results: { expression, result, ... }.
local function parse(text)
  local list = {}
  for line in text:gmatch "[^\n]+" do
    if not line:find "^#" then list[#list + 1] = line:gsub("^  ", "") end
  end
  return list
end

describe("circlet.torch7", function()
  it("gives what real Torch7 gives", function()
    local expected = parse(assert(circlet.read_file(file)))
    local text, ok = torch7.output("lua5.4 -l circlet.torch7 spec/torch7/parity.lua " .. file)
    assert(ok, text)
    local found, different = parse(text), {}
    assert(#expected > 900 and #expected % 2 == 0)
    for reason, list in pairs(differs) do
      for _, expression in ipairs(list) do different[expression] = reason end
    end
    for i = 1, #expected, 2 do
      local name = expected[i]
      assert.equal(name, found[i])
      if not different[name] then
        assert.equal(name .. " => " .. expected[i + 1], name .. " => " .. found[i + 1])
      else
        assert(expected[i + 1] ~= found[i + 1], name .. " does not differ")
        different[name] = nil
      end
    end
    assert.same({}, different) -- each is there
  end)

  it("is held against what real Torch7 gives today", function()
    local real, why = torch7.real()
    if not real then return pending(why) end
    local text, ok = torch7.output(torch7.command("spec/torch7/parity.lua", file))
    assert(ok, text)
    assert.equal(assert(circlet.read_file(file)), text)
  end)
end)
