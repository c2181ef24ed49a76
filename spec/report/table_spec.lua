local tables = require "circlet.report.table"

local columns = {
  { key = "name", title = "model" },
  { key = "map", title = "MAP@R", format = "%.3f" },
  { key = "seconds", title = "s" },
}
local rows = {
  { name = "raw pixels", map = 0.3312, seconds = 1 },
  { name = "γ=64 漢字", map = 0.5151, seconds = 12.5 },
  { name = "diverged", map = 0 / 0 },
}

describe("a text table", function()
  it("aligns columns by what is seen, numbers right and words left", function()
    assert.equal(table.concat({
      "model       MAP@R     s",
      "──────────  ─────  ────",
      "raw pixels  0.331     1",
      "γ=64 漢字   0.515  12.5",
      "diverged      nan     -",
    }, "\n"), tables.render(columns, rows))
  end)

  it("keeps to ASCII and to a width when asked", function()
    assert.same({ "model  …", "-----  …", "a      …" },
      tables.lines(columns, { { name = "a" } }, { ascii = true, width = 8 }))
  end)

  it("shows its head when there are no rows", function()
    assert.equal("model  MAP@R  s\n-----  -----  -", tables.render(columns, {}, { ascii = true }))
  end)

  it("formats by function and fills holes as told", function()
    assert.equal("x\n─\n!\n3", tables.render(
      { { key = "x", missing = "!", format = function(v) return ("%d"):format(v + 1) end } },
      { {}, { x = 2 } }))
  end)

  it("is written as Markdown too", function()
    assert.equal("| model | MAP@R | s |\n| --- | ---: | ---: |\n| a\\|b | 0.500 | 2 |",
      tables.markdown(columns, { { name = "a|b", map = 0.5, seconds = 2 } }))
  end)
end)

describe("ranking rows", function()
  local function names(list)
    local all = {}
    for i, row in ipairs(list) do all[i] = row.name end
    return table.concat(all, " ")
  end

  it("puts the largest first, ties in their order, failures last", function()
    local list = { { name = "a", v = 1 }, { name = "nan", v = 0 / 0 }, { name = "b", v = 3 },
                   { name = "none" }, { name = "c", v = 1 }, { name = "d", v = -5 } }
    assert.equal("b a c d nan none", names(tables.ranked(list, "v")))
    assert.equal("d a c b nan none", names(tables.ranked(list, "v", { ascending = true })))
    assert.equal("a nan b none c d", names(list)) -- the list given is left as it was
  end)
end)

describe("summing rows up", function()
  it("gives mean and sample deviation of what is a number, and picks rows", function()
    local list = { { v = 0.4, w = 1 }, { v = 0.5 }, { v = 0.9 }, { v = "failed" } }
    -- mean 0.6, deviation sqrt((0.04 + 0.01 + 0.09) / 2)
    assert.same({ v = "0.600 ± 0.265", w = "1" }, tables.spread(list, { v = "%.3f", w = "%d",
      none = "%d" }))
    assert.same({ v = "0.6 +- 0.3" }, tables.spread(list, { v = "%.1f" }, { ascii = true }))
    assert.same({ list[2], list[3] }, tables.where(list, function(row)
      return row.v ~= 0.4 and tonumber(row.v)
    end))
  end)
end)
