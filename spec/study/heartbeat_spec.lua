local files = require "circlet.report.files"
local heartbeat = require "circlet.study.heartbeat"
local json = require "circlet.json"
local support = require "spec.study.support"
local uv = require "luv"

describe("a heartbeat", function()
  local folder

  before_each(function() folder = support.folder() end)
  after_each(function() if files.kind(folder) then support.remove(folder) end end)

  local function path(worker) return folder .. "/workers/" .. worker .. ".json" end
  local function change(worker, fields)
    local all = json.decode(files.read(path(worker)))
    for name, value in pairs(fields) do all[name] = value end
    assert(files.write(path(worker), json.encode(all)))
  end

  -- The number of a process that was, and is no more.
  local function ended()
    local over
    local handle, process = assert(uv.spawn("true", {}, function() over = true end))
    repeat uv.run "once" until over
    handle:close()
    uv.run "nowait"
    return process
  end

  it("tells the living from the dead on its machine", function()
    assert(heartbeat.start(folder, "a"))
    assert.is_nil(heartbeat.dead(folder, "a"))
    assert.is_nil(heartbeat.dead(folder, "nobody"))
    local gone = ended()
    change("a", { process = gone })
    assert.truthy(heartbeat.dead(folder, "a"):find("the process " .. gone .. " that ran it is gone",
      1, true))
    -- Another process under the same number.
    change("a", { process = uv.os_getpid(), since = 1 })
    assert.truthy(heartbeat.dead(folder, "a"))
  end)

  it("leaves a dead worker to its supervisor while that lives", function()
    assert(heartbeat.start(folder, "a", { supervisor = heartbeat.self() }))
    change("a", { process = ended() })
    assert.is_nil(heartbeat.dead(folder, "a"))
    change("a", { supervisor = { process = ended() } })
    assert.truthy(heartbeat.dead(folder, "a"))
  end)

  it("of another machine is judged by its time, if somebody touches it", function()
    assert(heartbeat.start(folder, "a", { supervisor = heartbeat.self() }))
    change("a", { machine = 1, process = ended() })
    assert.is_nil(heartbeat.dead(folder, "a"))
    local past = os.time() - heartbeat.patience - 5
    uv.fs_utime(path("a"), past, past)
    assert.truthy(heartbeat.dead(folder, "a"):find("no sign of life for 12%d seconds"))
    assert.same({ "a" }, { next(heartbeat.all_dead(folder)), nil })
    heartbeat.touch(folder, "a")
    assert.is_nil(heartbeat.dead(folder, "a"))
    change("a", { beats = false })
    uv.fs_utime(path("a"), past, past)
    assert.is_nil(heartbeat.dead(folder, "a"))
  end)

  it("says nothing of files that are none, and goes without a trace", function()
    assert(heartbeat.start(folder, "a"))
    for _, text in ipairs { "", "{", "[1]", '{"process":"x"}' } do
      assert(files.write(path("a"), text))
      assert.is_nil(heartbeat.dead(folder, "a"))
    end
    assert.same({}, heartbeat.all_dead(folder))
    heartbeat.stop(folder, "a")
    assert.is_nil(files.kind(folder))
    assert.same({}, heartbeat.all_dead(folder))
    local ok, message, code = heartbeat.start("/proc/none", "a")
    assert.is_nil(ok)
    assert.truthy(message:find("/proc/none", 1, true))
    assert.equal("io", code)
  end)
end)
