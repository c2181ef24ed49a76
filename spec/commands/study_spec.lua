local files = require "circlet.report.files"
local json = require "circlet.json"
local study = require "circlet.study"
local journals = require "spec.study.support"

local script = [[
local study = require "circlet.study"
local s = assert(study.open { path = arg[1], direction = "maximize",
  sampler = study.samplers.random { seed = 3 } })
assert(s:optimize(function(t)
  local gamma = t:suggest_float("gamma", 8, 512, { log = true })
  t:log { loss = 1 / gamma }
  t:report(gamma, 1)
  if t.number == 2 then error "broken" end
  return gamma + math.random()
end, { trials = 4 }))
print "after"
]]

describe("circlet study", function()
  local folder, path

  setup(function()
    folder = journals.folder()
    path = folder .. "/a.journal"
    assert(files.write(folder .. "/script.lua", script))
    assert(os.execute(("lua5.4 %s/script.lua %s >/dev/null"):format(folder, path)))
  end)
  teardown(function() os.execute("rm -rf '" .. folder .. "'") end)

  -- What the program writes, and its exit code.
  local function run(...)
    local words = { "scripts/circlet", "study" }
    for _, word in ipairs { ... } do words[#words + 1] = "'" .. word .. "'" end
    local pipe = io.popen(table.concat(words, " ") .. " 2>&1")
    local text = pipe:read "a"
    local _, _, code = pipe:close()
    return text, code
  end

  local function best() return assert(study.open { path = path }):best() end

  it("shows a ranked table", function()
    local text, code = run("show", path)
    assert.equal(0, code)
    assert.truthy(text:find("study a: maximize; 3 complete, 1 failed", 1, true))
    assert.equal(best().number, tonumber(text:match "\n[^%w\n]+\n *(%d+)"))
    text = run("show", path, "--all")
    assert.truthy(text:find "2 +fail")
    assert.truthy(run("show", path, "--top", "1"):find("... and 2 more", 1, true))
  end)

  it("tells the best trial with every digit", function()
    local found = assert(json.decode((run("best", path, "--json"))))
    assert.equal(best().number, found.number)
    assert.equal(best().params.gamma, found.params.gamma)
    assert.truthy(run("best", path):find(("gamma = %s"):format(
      require("circlet.report.text").number(best().params.gamma)), 1, true))
  end)

  it("exports to a file or the terminal", function()
    local text = run("export", path)
    assert.equal(5, select(2, text:gsub("\n", "")))
    assert.equal("", (run("export", path, "--format", "jsonl", "--out", folder .. "/a.jsonl")))
    assert.equal(4, select(2, files.read(folder .. "/a.jsonl"):gsub("\n", "")))
    local message, code = run("export", path, "--format", "xml")
    assert.is_true(code ~= 0 and message:find "must be one of" ~= nil)
  end)

  it("writes a report, or says that D3 is missing", function()
    local text, code = run("report", path, "--out", folder .. "/report", "--no-figures",
      "--tensorboard")
    if not files.kind(require("circlet.report.study.html").library) then
      assert.truthy(code == 1 and text:find "needs D3")
      return
    end
    assert.equal(0, code)
    assert.equal("file", files.kind(folder .. "/report/report.html"))
    assert.truthy(text:find("tensorboard: the curves of 4 trials", 1, true))
  end)

  it("runs a trial again, to the same bits, and leaves the study as it is", function()
    local before = files.read(path)
    local text, code = run("reproduce", path, tostring(best().number))
    assert.equal(0, code, text)
    assert.truthy(text:find("the same value, to the last bit", 1, true), text)
    assert.is_nil(text:find "after") -- the script ends at optimize()
    assert.equal(before, files.read(path))
    local _, failed = run("reproduce", path, "2")
    assert.equal(1, failed)
  end)

  it("tells when a trial does not come to the same", function()
    local other = folder .. "/other.lua"
    assert(files.write(other, (script:gsub("gamma %+ math.random%(%)", "gamma + 0.5"))))
    local text, code = run("reproduce", path, "0", "--", "lua5.4", other, path)
    assert.equal(1, code)
    assert.truthy(text:find("in the study it has", 1, true), text)
    text = run("reproduce", path, "0", "--print", "--", "lua5.4", other, path)
    assert.truthy(text:find("CIRCLET_STUDY_REPRODUCE=", 1, true))
  end)

  it("has failed trials run again", function()
    local copy = folder .. "/copy.journal"
    assert(files.write(copy, assert(files.read(path))))
    assert.truthy(run("retry", copy):find("1 failed trial will run again", 1, true))
    assert.equal(1, #assert(study.open { path = copy, name = "a" }):trials "waiting")
    assert.truthy(run("retry", copy):find("0 failed trials", 1, true))
  end)

  it("names what is not there, and makes nothing", function()
    local text, code = run("show", folder .. "/none")
    assert.equal(1, code)
    assert.equal("circlet: there is no journal " .. folder .. "/none\n", text)
    assert.is_nil(files.kind(folder .. "/none"))
    text, code = run("show", path, "--study", "b")
    assert.equal(1, code)
    assert.truthy(text:find("holds the studies a, not b", 1, true))
    text, code = run("reproduce", path, "99")
    assert.equal(1, code)
    assert.truthy(text:find("has no trial 99", 1, true))
    local other = best().number == 0 and 1 or 0
    os.remove(("%s/a/trials/%05d/record.json"):format(folder, other))
    text, code = run("reproduce", path, tostring(other))
    assert.equal(1, code)
    assert.truthy(text:find("say how its script is started", 1, true), text)
    assert.is_true(select(2, run()) ~= 0)
  end)
end)
