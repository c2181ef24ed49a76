local core = require "circlet.core"
local uv = require "luv"
local Lock = require "circlet.study.Lock"
local Log = require "circlet.study.Log"
local support = require "spec.study.support"

describe("a file of lines", function()
  local folder, path
  local rules, times = {}, {}

  before_each(function()
    folder = assert(uv.fs_realpath(support.folder()))
    path = folder .. "/a.journal"
    -- What decides here is the order of visits, not the clock.
    for _, name in ipairs { "close_by", "together" } do rules[name] = Log[name] end
    for _, name in ipairs { "linger", "longest" } do times[name], Lock[name] = Lock[name], 1000 end
    Log.close_by, Log.together = math.huge, 1000 -- the first visit has none before it
  end)
  after_each(function()
    for name, value in pairs(rules) do Log[name] = value end
    for name, value in pairs(times) do Lock[name] = value end
    support.remove(folder)
  end)

  local function open() return assert(Log.open(path, { create = true, patience = 0.01 })) end

  local function add(log, line)
    return log:exclusive(function(file, kept)
      if not kept then assert(log:read(file)) end
      return log:append(file, line)
    end)
  end

  -- How many locks are made while f runs.
  local function locks(f)
    local create, count = core.io.create_file, 0
    core.io.create_file = function(...)
      count = count + 1
      return create(...)
    end
    local good, message = pcall(f)
    core.io.create_file = create
    assert(good, message)
    return count
  end

  local function times_of(n, f) return function() for i = 1, n do assert(f(i)) end end end

  it("keeps its lock from visit to visit when they come closely and nobody else writes", function()
    local log = open()
    local made = locks(times_of(100, function(i) return add(log, i .. "\n") end))
    assert.equal(Log.often + 1, made)
    log:settle()
    assert.same({ "a.journal" }, support.names(folder))
    local n = 0
    for line in io.lines(path) do
      n = n + 1
      assert.equal(tostring(n), line)
    end
    assert.equal(100, n)
  end)

  it("gives its lock back each time when visits are far apart, or f raises", function()
    local log = open()
    Log.close_by = 0
    assert.equal(20, locks(times_of(20, function(i) return add(log, i .. "\n") end)))
    Log.close_by = math.huge
    assert.equal(20, locks(times_of(20, function()
      return not pcall(log.exclusive, log, function() error "x" end)
    end)))
    assert.same({ "a.journal" }, support.names(folder))
  end)

  it("gives its lock back each time while others write or wait", function()
    local log, other = open(), open()
    local function both(i) return add(log, i .. "\n") and add(other, i .. "\n") end
    assert.equal(40, locks(times_of(20, both)))
    assert.equal(40, locks(times_of(40, function(i) return add(log, i .. "\n") end)))
    Log.together = 0 -- the others are gone
    assert.is_true(locks(times_of(40, function(i) return add(log, i .. "\n") end)) <= 2)
    assert.equal("busy", select(3, add(other, "x\n")))
    log:settle()
    assert(add(other, "x\n"))
  end)

  it("is read whole, and repaired, after a visit that left its lock", function()
    local log = open()
    times_of(20, function(i) return add(log, i .. "\n") end)()
    log:settle()
    local file = io.open(path, "a")
    file:write("half"):close()
    Log.together = 0
    assert(add(log, "21\n"))
    log:settle()
    assert.truthy(io.open(path):read("a"):find "\n20\n21\n$")
  end)
end)
