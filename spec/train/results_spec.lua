local files = require "circlet.report.files"
local results = require "circlet.train.results"
local study = require "circlet.study"
local support = require "spec.study.support"

describe("the results of a sweep", function()
  local folder, s

  before_each(function()
    folder = support.folder()
    s = assert(study.open { path = folder .. "/sweep.journal", direction = "maximize" })
    local maps = { [0] = 0.3, 0.5, 0.9 }
    assert(s:enqueue { gamma = 8, m = 0, seed = 1 })
    assert(s:enqueue { gamma = 64, m = 0.25, seed = 1 })
    assert(s:enqueue { gamma = 64, m = 0.25, seed = 2 })
    assert(s:optimize(function(t)
      if t.number == 3 then error "nan" end
      t:suggest_float("gamma", 1, 100)
      t:suggest_float("m", 0, 1)
      t:suggest_int("seed", 1, 9)
      for _, name in ipairs { "recall_at_1", "r_precision", "map_at_r" } do
        t:set_user_attr(name, maps[t.number])
      end
      return maps[t.number]
    end, { trials = 4 }))
  end)
  after_each(function() support.remove(folder) end)

  it("are tables, a CSV file and a picture of the grid's seed", function()
    local rows = s:rows()
    local numbers = {}
    for i, row in ipairs(rows) do numbers[i] = row.number end
    assert.same({ 2, 1, 0, 3 }, numbers)
    assert.truthy(results.table(rows):find("1 +%-? +64 +0.25 +0.900 +0.900 +0.900 "))
    local expected = "\n +2 +%-? +64 +0.25 +0.700 [±+-]+ 0.283"
    assert.truthy(results.spread { rows[1], rows[2] }:find(expected))
    local paths, reason = results.write(s, folder, { gamma = { 8, 64 }, m = { 0, 0.25 }, seed = 1 },
      "a title")
    if reason and reason:find("not installed", 1, true) then return pending(reason) end
    assert.same({ folder .. "/results.csv", folder .. "/report.html", folder .. "/sweep.png",
                  folder .. "/sweep.svg" }, paths)
    local lines = {}
    for line in files.read(paths[1]):gmatch "[^\n]+" do lines[#lines + 1] = line end
    assert.equal("number,state,model,gamma,m,seed,recall_at_1,r_precision,map_at_r,loss,seconds,"
      .. "error", lines[1])
    assert.truthy(lines[2]:find("^2,complete,,64,0.25,2,0.9,0.9,0.9,,[%d.e-]+,$"), lines[2])
    assert.truthy(lines[5]:find("^3,fail,.*nan$"), lines[5])
    local svg = files.read(folder .. "/sweep.svg")
    assert.truthy(svg:find("MAP@R: a title", 1, true))
    assert.truthy(svg:find(">0.300<", 1, true) and svg:find(">0.500<", 1, true))
    assert.falsy(svg:find(">0.900<", 1, true)) -- of another seed
    local nothing, message, code = results.write(s, "/proc/none", {}, "")
    assert.is_nil(nothing)
    assert.truthy(message:find("/proc/none", 1, true))
    assert.equal("io", code)
  end)
end)
