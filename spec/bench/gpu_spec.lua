local cells = require "circlet.bench.cells"
local gpu = require "circlet.bench.gpu"
local json = require "circlet.json"
local report = require "circlet.bench.report"
local tables = require "circlet.report.table"

local cell = { kind = "pair", name = "pair-4096x512", B = 4096, D = 512 }

describe("the benchmark on a GPU", function()
  it("has the sizes that it is asked for, and some of them for a quick look", function()
    local names = {}
    for _, each in ipairs(cells.gpu_list()) do names[#names + 1] = each.name end
    assert.same({ "pair-4096x128", "pair-4096x512", "pair-32768x128", "pair-32768x512",
      "pair-131072x128", "pair-131072x512", "class-4096x100000x512", "class-4096x1000000x512" },
      names)
    for _, each in ipairs(cells.gpu_list(true)) do
      assert.truthy(table.concat(names, " "):find(each.name, 1, true))
    end
  end)

  it("divides each precision by the products of the same, and others by circlet's", function()
    local times = { fp32 = { 2, 4 }, tf32 = { 1, 1 }, bf16 = { 0.5, 0.5 }, gemm_fp32 = { 4, 4 },
      gemm_tf32 = { 2, 2 }, gemm_bf16 = { 0.25, 0.25 }, eager = { 20, 40 }, eager_tf32 = { 5, 5 },
      compile = { 6, 12 } }
    local entry = gpu.entry(cell, times, { fp32 = { memory = 3e6, gradient_error = 1e-6 } },
      { all = "x" })
    assert.same({ gemm_fp32 = 0.75, gemm_tf32 = 0.5, gemm_bf16 = 2, eager = 10, eager_tf32 = 5,
      compile = 3 }, entry.ratios)
    assert.equal(3, entry.ways.fp32.median)
    assert.equal(3e6, entry.ways.fp32.memory)
    assert.same({ all = "x" }, entry.skipped)
    assert.equal(4 * 4096 ^ 2 * 512, entry.operations)
  end)

  it("says what is known and leaves out the columns that nothing is known of", function()
    local entry = gpu.entry(cell, { fp32 = { 0.004 }, eager = { 0.1 } },
      { fp32 = { memory = 30e6 }, eager = { memory = 900e6 } },
      { tf32 = "circle_loss: option precision is not for this GPU" })
    local text = gpu.text({ entry }, tables.markdown)
    assert.truthy(text:find("| B x D | fp32, ms | PyTorch eager |", 1, true), text)
    assert.truthy(text:find("| 4096 x 512 | 4.000 | 25x |", 1, true), text)
    assert.truthy(text:find("| 4096 x 512 | 30 | 900 |", 1, true), text)
    assert.is_nil(text:find("tf32", 1, true))
    assert.same({ "tf32 in pair-4096x512: circle_loss: option precision is not for this GPU" },
      report.skipped { entry })
    assert.equal("", gpu.text({ gpu.entry(cell, {}, {}, {}) }, tables.markdown))
    local decoded = json.decode(report.json({ date = "2026-01-01" }, { entry }))
    assert.equal(0.004, decoded.cells[1].ways.fp32.median)
  end)
end)
