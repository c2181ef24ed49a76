local cells = require "circlet.bench.cells"
local circlet = require "circlet"

local function names(list)
  local all = {}
  for i, cell in ipairs(list) do all[i] = cell.name end
  return table.concat(all, " ")
end

describe("the cells of the benchmark", function()
  it("are every batch size by every dimension, then the numbers of classes", function()
    local list = cells.list()
    assert.equal(15, #list)
    assert.same({ kind = "pair", name = "pair-256x64", B = 256, D = 64 }, list[1])
    assert.equal("pair-16384x512", list[12].name)
    assert.same({ kind = "class", name = "class-512x100000x512", B = 512, C = 100000, D = 512 },
      list[15])
    assert.is_true(#cells.list(true) < 6)
  end)

  it("are chosen by pieces of their names", function()
    local list = cells.list()
    assert.equal(names(list), names(cells.only(list, {})))
    assert.equal("pair-4096x64 pair-4096x128 pair-4096x512", names(cells.only(list, { "4096" })))
    assert.equal("pair-256x64 class-512x1000x512",
      names(cells.only(list, { "256x64", "-512x1000x" })))
    assert.equal("", names(cells.only(list, { "triplet" })))
  end)

  it("count the operations that the scheme needs", function()
    assert.equal(4 * 100 * 100 * 8, cells.operations { kind = "pair", B = 100, D = 8 })
    assert.equal(6 * 100 * 50 * 8, cells.operations { kind = "class", B = 100, C = 50, D = 8 })
  end)

  it("have inputs that every way accepts and agrees on", function()
    for _, cell in ipairs { { kind = "pair", B = 32, D = 6 },
                            { kind = "class", B = 32, D = 6, C = 11 } } do
      local inputs = cells.inputs(cell)
      local loss = cells.circlet(cell, inputs)
      -- Float against float: both within 1e-5 of the truth at gamma 256.
      assert.near(loss, (cells.eager(cell, inputs)), 2e-5 * loss)
      assert.equal(loss, (cells.circlet(cell, inputs, { memory_budget = 1e6 })))
      for _, name in ipairs { "circlet", "recomputed", "kept", "eager", "gemm" } do
        local way = cells.way(name, cell, inputs, 1)
        assert.equal(name, way.name)
        assert.is_true(way.block(1) > 0)
      end
    end
    assert.has_error(function() cells.way("magic", {}, {}, 1) end)
  end)

  it("have the same inputs in every process", function()
    local cell = { kind = "class", B = 5, D = 3, C = 4 }
    local before = cells.inputs(cell)
    circlet.randn(100)
    local after = cells.inputs(cell)
    for key, tensor in pairs(before) do assert.is_true(tensor:equal(after[key]), key) end
  end)
end)

describe("leaving a way out of a cell", function()
  local limits = { seconds = 60, memory = 10e9 }
  local big = { kind = "pair", B = 4000, D = 64 }
  local function refusal(known) return cells.refusal("eager", big, known, limits) end
  local function known(rows, seconds, memory, dim)
    return { cell = { kind = "pair", B = rows, D = dim or 64 }, seconds = seconds, memory = memory }
  end

  it("follows from what such ways hold per similarity when nothing else is known", function()
    assert.is_nil(cells.refusal("torch_pml", big, {}, limits)) -- 67 * 4000^2 = 1.1 GB
    assert.equal("would need about 17 GB of memory, 10 GB may be used",
      cells.refusal("torch_pml", { kind = "pair", B = 16000, D = 64 }, {}, limits))
  end)

  it("never happens by the time of a way of which nothing is known", function()
    assert.is_nil(refusal({}))
    assert.is_nil(refusal({ known(2000, 1e6, 1e18, 128) })) -- another D
  end)

  it("follows from the largest cell before it, by the number of similarities", function()
    assert.is_nil(refusal({ known(2000, 14, 2.4e9) })) -- 56 s, 9.6 GB
    assert.equal("would take about 64 s a call, more than 60 s",
      refusal({ known(2000, 16, 1e9) }))
    assert.equal("would need about 12 GB of memory, 10 GB may be used",
      refusal({ known(2000, 1, 3e9) }))
    -- The small cell's overhead would predict 160 s; the larger one knows better.
    assert.is_nil(refusal({ known(800, 6.4, 1e6), known(2000, 1, 1e6) }))
    assert.is_nil(refusal({ known(500, 6.4, 1e6) })) -- too small to tell
    assert.is_nil(refusal({ known(2000, 1) })) -- memory that nobody measured
  end)
end)
