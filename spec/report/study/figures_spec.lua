local figures = require "circlet.report.study.figures"
local files = require "circlet.report.files"
local shell = require "circlet.report.shell"
local study = require "circlet.study"
local journals = require "spec.study.support"
local support = require "spec.report.study.support"
local raises = require("spec.support").raises

describe("the figures of a study", function()
  local folder, path
  before_each(function()
    folder = journals.folder()
    path = folder .. "/a.journal"
  end)
  after_each(function() journals.remove(folder) end)

  if not shell.has "gnuplot" then
    pending "need gnuplot"
    return
  end

  it("are drawn as PNG and SVG, each with its script", function()
    local s = support.study(path, 24)
    local paths = assert(figures.write(s, folder .. "/figures"))
    assert.equal(2 * #figures.names, #paths)
    for i, name in ipairs(figures.names) do
      assert.equal(folder .. "/figures/" .. name .. ".png", paths[2 * i - 1])
      assert.equal("\137PNG", files.read(paths[2 * i - 1]):sub(1, 4))
      assert.truthy(files.read(paths[2 * i]):find("</svg>", 1, true))
      assert.equal("file", files.kind(folder .. "/figures/" .. name .. ".gp"))
    end
    -- All complete trials with a finite value are points of the history.
    local script, count = files.read(folder .. "/figures/history.gp"), 0
    for _ in script:match("%$trials << EOD\n(.-)EOD"):gmatch "\n" do count = count + 1 end
    assert.equal(#s:trials "complete" - 1, count)
  end)

  it("leave out what there is nothing to show for", function()
    local s = assert(study.open { path = path })
    assert.same({}, figures.write(s, folder .. "/figures"))
    assert(s:optimize(function(t) return t:suggest_float("x", 0, 1) end, { trials = 3 }))
    local names = {}
    for _, drawn in ipairs(assert(figures.write(s, folder .. "/figures"))) do
      names[#names + 1] = drawn:match "([^/]+)%.png$"
    end
    assert.same({ "history", "importance", "parallel", "slices", "timeline" }, names)
    assert.equal(2, #assert(figures.write(s, folder .. "/other", { only = { "history" } })))
    raises("no figure pie", figures.write, s, folder, { only = { "pie" } })
  end)
end)
