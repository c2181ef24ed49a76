local files = require "circlet.report.files"
local json = require "circlet.json"
local report = require "circlet.bench.report"
local shell = require "circlet.report.shell"
local tables = require "circlet.report.table"

-- 4*B^2*D = 4e9 operations, of 100e9 that the machine could do in a second.
local function entry(rows)
  return report.entry({ kind = "pair", name = "pair-x", B = rows or 1000, D = 1000 }, {
    circlet = { 0.05, 0.1, 0.05 }, gemm = { 0.1, 0.2, 0.1 }, kept = { 0.04, 0.08, 0.04 },
    recomputed = { 0.08, 0.16, 0.08 },
    torch_eager = { 0.25 },
  }, {
    circlet = { memory = 16e6, counted = 15e6 },
    torch_eager = { memory = 532e6, loss_error = 1e-7, gradient_error = 1e-6 },
  }, { torch_pml = "would need about 30 GB of memory, 20 GB may be used" }, 100e9)
end

local function class_entry()
  return report.entry({ kind = "class", name = "class-y", B = 10, C = 20, D = 30 },
    { circlet = { 0.001 } }, {}, {}, 100e9)
end

describe("the report of a benchmark", function()
  it("divides within rounds", function()
    local e = entry()
    assert.same({ "pair", 1000, 1000, 4e9 }, { e.kind, e.B, e.D, e.operations })
    assert.near(0.5, e.ratios.to_gemm, 1e-12)
    assert.near(0.8, e.ratios.recomputed_to_gemm, 1e-12)
    assert.near(0.5, e.ratios.kept, 1e-12)
    assert.near(0.5, e.ratios.of_peak, 1e-12) -- 50 of 100 GFLOP/s, none kept
    assert.near(5, e.ratios.torch_eager, 1e-12)
    assert.is_nil(e.ratios.eager)
    assert.near(80, e.gflops, 1e-9)
    assert.same({ median = 0.05, low = 0.05, high = 0.1, samples = 3, memory = 16e6,
      counted = 15e6 }, e.ways.circlet)
  end)

  it("shows a table of ratios and one of memory, and says what was left out", function()
    local text = report.text({ entry() }, tables.render, { ascii = true })
    local lines = {}
    for line in text:gmatch("[^\n]+") do lines[#lines + 1] = line end
    assert.truthy(lines[1]:find("^Pair%-wise: loss and gradient"))
    assert.equal("B x D           ms  GFLOP/s  of FMA peak  / bare GEMMs  none kept / GEMMs  "
      .. "kept / recomputed  PyTorch eager", lines[2])
    assert.equal("1000 x 1000  50.00       80          50%          0.50               0.80  "
      .. "             0.50           5.0x", lines[4])
    assert.truthy(lines[5]:find("peak memory of a call beyond its inputs, MB", 1, true))
    assert.equal("B x D        circlet  PyTorch eager", lines[6])
    assert.equal("1000 x 1000       16            532", lines[8])
    assert.equal("torch_pml in pair-x: would need about 30 GB of memory, 20 GB may be used",
      lines[10])
  end)

  it("keeps pair-wise and class-level apart, and is Markdown when asked", function()
    local text = report.text({ entry(), class_entry() }, tables.markdown)
    assert.truthy(text:find("\n\n| B x D | ms | GFLOP/s | of FMA peak |", 1, true))
    assert.truthy(text:find("Class-level: loss", 1, true))
    assert.truthy(text:find("| 10 x 30, 20 classes | 1.000 |", 1, true))
    assert.truthy(text:find("\n\n- torch_pml in pair-x: would", 1, true))
    -- Nothing is known about memory there.
    assert.falsy(text:find("Class-level: peak", 1, true))
  end)

  it("shows what the time goes into, and how fast the products are while they run", function()
    -- Two threads, 10 ms in all: 8 ms of products, of 4e9 operations at 100 GFLOP/s a thread.
    local work = { similarities = 0.025, sums = 0.005, weights = 0.005, gradient = 0.055, rows = 0,
      wait = 0.002, rest = 0.008 }
    local e = report.entry({ kind = "pair", name = "pair-x", B = 1000, D = 1000 },
      { circlet = { 0.05 } }, {}, {}, 200e9, work, 2)
    assert.near(0.25, e.work.similarities, 1e-12)
    assert.near(0.08, e.work.rest, 1e-12)
    assert.near(0.5, e.products_of_peak, 1e-12) -- 4e9 in 80 ms of one thread
    local text = report.text({ e }, tables.render, { ascii = true })
    local shares = text:match("\n1000 x 1000 ([%d%.%% ]+)\n?$"):gsub("%s+", " ")
    assert.equal(" 25.0% 5.0% 5.0% 55.0% 0.0% 2.0% 8.0% 50.0%", shares)
    assert.falsy(report.text({ entry() }, tables.render):find("what the time goes into", 1, true))
    -- Similarities of class vectors are computed twice: 8*B*C*D.
    e = report.entry({ kind = "class", name = "class-y", B = 100, C = 100, D = 1000 },
      { circlet = { 0.05 } }, {}, {}, 200e9, work, 2)
    assert.near(80e6 / 0.08 / 100e9, e.products_of_peak, 1e-12)
  end)

  it("writes JSON that reads back, a cell per line", function()
    local text = report.json({ threads = 2, machine = { cpu = "X" } }, { entry(), class_entry() })
    local _, lines = text:gsub("\n", "")
    assert.equal(8, lines)
    local value = assert(json.decode(text))
    assert.equal(2, value.threads)
    assert.equal("X", value.machine.cpu)
    assert.equal("class-y", value.cells[2].name)
    assert.equal(5, value.cells[1].ratios.torch_eager)
    assert.equal(entry().skipped.torch_pml, value.cells[1].skipped.torch_pml)
  end)

  it("makes file names out of processors'", function()
    assert.equal("amd-epyc-9b14", report.slug "AMD EPYC 9B14")
    assert.equal("intel-xeon-platinum-8481c-cpu",
      report.slug "Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz")
    assert.equal("unknown", report.slug "unknown")
  end)

  it("draws time by batch size on logarithmic scales", function()
    if not shell.has("gnuplot") then return pending("gnuplot is not installed") end
    local folder = os.tmpname()
    os.remove(folder)
    assert(files.make_folder(folder))
    finally(function() os.execute("rm -rf " .. shell.quote(folder)) end)
    assert(report.plot(folder .. "/p", { entry(500), entry(1000) }, "a machine"))
    local script = files.read(folder .. "/p.gp")
    assert.truthy(script:find("\n500 50\n1000 50\n", 1, true), script)
    assert.truthy(script:find("set logscale x 2\nset logscale y 10", 1, true))
    assert.truthy(script:find("'PyTorch eager'", 1, true))
    assert.falsy(script:find("PML", 1, true))
    local _, message = report.plot(folder .. "/q", { entry(500), class_entry() }, "a machine")
    assert.equal("plot: too few sizes to draw", message)
  end)
end)
