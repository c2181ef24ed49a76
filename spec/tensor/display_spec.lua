local circlet = require "circlet"
local support = require "spec.support"

local function shows(expected, t)
  assert.equal(table.concat(expected, "\n") .. "\n", tostring(t))
end

describe("printing a tensor", function()
  it("names the type and size in the last line", function()
    shows({ "[circlet.FloatTensor with no dimension]" }, circlet.FloatTensor())
    for _, type in ipairs(support.types) do
      shows({ " 1", " 2", ("[circlet.%sTensor of size 2]"):format(type) },
        circlet[type .. "Tensor"] { 1, 2 })
    end
  end)

  it("shows integers without decimals", function()
    shows({ " 1  2", "-3  0", "[circlet.FloatTensor of size 2x2]" },
      circlet.FloatTensor { { 1, 2 }, { -3, -0.0 } })
    shows({ "   1", "-200", "[circlet.LongTensor of size 2]" }, circlet.LongTensor { 1, -200 })
    shows({ " 1.0000e+10", "-2.0000e+00", "[circlet.DoubleTensor of size 2]" },
      circlet.DoubleTensor { 1e10, -2 })
    shows({ "-9.2234e+18", "[circlet.LongTensor of size 1]" },
      circlet.LongTensor { math.mininteger })
  end)

  it("shows four decimals", function()
    shows({ " 0.5000", "-0.2500", "[circlet.FloatTensor of size 2]" },
      circlet.FloatTensor { 0.5, -0.25 })
    shows({ "  0.5000  12.2500", "[circlet.FloatTensor of size 1x2]" },
      circlet.FloatTensor { { 0.5, 12.25 } })
  end)

  it("takes out a common factor", function()
    shows({ "1e-05 *", " 1.5000", " 2.0000", "[circlet.DoubleTensor of size 2]" },
      circlet.DoubleTensor { 1.5e-5, 2e-5 })
    shows({ "100000 *", "  1.2346  2.0000", "  0.2500  1.0000",
      "[circlet.DoubleTensor of size 2x2]" },
      circlet.DoubleTensor { { 123456.5, 200000 }, { 25000, 100000 } })
  end)

  it("turns to scientific notation when sizes differ too much", function()
    shows({ " 1.0000e-03", " 1.2346e+04", "[circlet.DoubleTensor of size 2]" },
      circlet.DoubleTensor { 0.001, 12345.6 })
    shows({ " 1.5000e-01", " 1.2346e+04", "[circlet.DoubleTensor of size 2]" },
      circlet.DoubleTensor { 0.15, 12345.6 })
    shows({ "    0.1500", " 1234.5000", "[circlet.DoubleTensor of size 2]" },
      circlet.DoubleTensor { 0.15, 1234.5 })
    shows({ " 1.5000e-200", "  1.0000e+00", "[circlet.DoubleTensor of size 2]" },
      circlet.DoubleTensor { 1.5e-200, 1 })
  end)

  it("shows what is no number", function()
    local inf, nan = math.huge, 0 / 0
    shows({ "    1", "  inf", " -inf", "  nan", "[circlet.FloatTensor of size 4]" },
      circlet.FloatTensor { 1, inf, -inf, nan })
    shows({ " 0.5000", "    nan", "   -inf", "[circlet.FloatTensor of size 3]" },
      circlet.FloatTensor { 0.5, -nan, -inf })
    shows({ "  nan", "[circlet.FloatTensor of size 1]" }, circlet.FloatTensor { nan })
  end)

  it("cuts wide matrices into blocks of columns", function()
    local t = circlet.range(1, 60):view(2, 30)
    local function row(first, last)
      local texts = {}
      for v = first, last do texts[#texts + 1] = ("%3d"):format(v) end
      return table.concat(texts, " ")
    end
    -- 20 columns of 3 characters and a space fit 80 characters
    shows({ "Columns 1 to 20", row(1, 20), row(31, 50), "", "Columns 21 to 30", row(21, 30),
      row(51, 60), "[circlet.FloatTensor of size 2x30]" }, t)
  end)

  it("shows more dimensions as matrices, the first index running fastest", function()
    shows({ "(1,.,.) = ", "  1  2", "  3  4", "", "(2,.,.) = ", "  5  6", "  7  8",
      "[circlet.FloatTensor of size 2x2x2]" }, circlet.range(1, 8):view(2, 2, 2))
    local text = tostring(circlet.range(1, 6):view(2, 3, 1, 1))
    local titles = {}
    for title in text:gmatch "%(.-%)" do titles[#titles + 1] = title end
    assert.same({ "(1,1,.,.)", "(2,1,.,.)", "(1,2,.,.)", "(2,2,.,.)", "(1,3,.,.)", "(2,3,.,.)" },
      titles)
    local factor = circlet.FloatTensor(1, 2, 1):fill(2 ^ -20)
    shows({ "(1,.,.) = ", "1e-07 *", "   9.5367", "   9.5367",
      "[circlet.FloatTensor of size 1x2x1]" }, factor)
  end)

  it("is the same for every layout", function()
    local t = circlet.range(1, 24):view(2, 3, 4)
    for _, laid in ipairs(support.layouts(t)) do assert.equal(tostring(t), tostring(laid)) end
  end)

  it("shortens long tensors and says what is missing", function()
    local expected = {}
    for i = 1, 20 do expected[i] = ("%5d"):format(i) end
    expected[21] = " ... elements 21 to 980 left out"
    for i = 981, 1000 do expected[#expected + 1] = ("%5d"):format(i) end
    expected[#expected + 1] = "[circlet.FloatTensor of size 1000]"
    shows(expected, circlet.range(1, 1000))

    local matrix = tostring(circlet.zeros(100, 784))
    assert(matrix:find("\n ... rows 21 to 80 left out\n", 1, true))
    assert(matrix:find("\n... columns 53 to 754 left out\n\nColumns 755 to 780\n", 1, true))
    local _, lines = matrix:gsub("\n", "\n")
    assert(lines < 200)
    local slices = tostring(circlet.zeros(50, 2, 2))
    assert(slices:find("\n... 42 matrices left out\n\n(47,.,.) = \n", 1, true))
    -- 60 rows are shown in full
    assert(not tostring(circlet.range(1, 60)):find("left out", 1, true))
  end)

  it("is quick for huge tensors", function()
    local clock = os.clock()
    assert(#tostring(circlet.zeros(1):expand(1000000000)) < 2000)
    assert(#tostring(circlet.zeros(1, 1):expand(100000, 100000)) < 20000)
    assert(os.clock() - clock < 0.5)
  end)
end)
