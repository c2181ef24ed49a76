local core = require "circlet.core"
local uv = require "luv"
local Lock = require "circlet.study.Lock"
local support = require "spec.study.support"
local raises = require("spec.support").raises

describe("the lock of a journal", function()
  local folder, path

  before_each(function()
    folder = assert(uv.fs_realpath(support.folder()))
    path = folder .. "/a.journal"
    assert(io.open(path, "w")):close()
  end)
  after_each(function() support.remove(folder) end)

  -- A process that takes the lock and ends without giving it back; its number.
  local function die_with_lock()
    local program = ([[
      local uv = require "luv"
      assert(require("circlet.study.Lock").new(%q):acquire())
      io.write(uv.os_getpid())
      io.flush()
      uv.kill(uv.os_getpid(), "sigkill")
    ]]):format(path)
    local file = folder .. "/die.lua"
    assert(io.open(file, "w")):write(program):close()
    local pipe = io.popen("lua5.4 " .. file .. " 2>/dev/null")
    local pid = pipe:read "n"
    pipe:close()
    os.remove(file)
    return pid
  end

  local function lock_text()
    local file = assert(io.open(path .. ".lock"))
    local text = file:read "a"
    file:close()
    return text
  end

  it("is a file that tells its owner, and is gone when given back", function()
    local lock = Lock.new(path)
    assert.is_true(lock:acquire())
    assert.equal(uv.os_getpid(), tonumber(lock_text():match "^circlet (%d+) %x+ %d+\n$"))
    assert.same({ "a.journal", "a.journal.lock" }, support.names(folder))
    assert.is_true(lock:release())
    assert.same({ "a.journal" }, support.names(folder))
  end)

  it("is had by one at a time", function()
    local first, second = Lock.new(path), Lock.new(path, { patience = 0.02 })
    assert(first:acquire())
    local ok, message, code = second:acquire()
    assert.is_nil(ok)
    assert.equal("busy", code)
    assert.truthy(message:find("stayed locked for 0.02 s", 1, true), message)
    assert(first:release())
    assert.is_true(second:acquire())
    assert(second:release())
  end)

  it("passes at once from a process that was killed to the next", function()
    local pid = die_with_lock()
    assert.equal("number", type(pid))
    assert.truthy(uv.fs_lstat(path .. ".lock"))
    local lock = Lock.new(path, { patience = 1 }) -- grace is 30 s
    assert.is_true(lock:acquire())
    assert(lock:release())
    assert.same({ "a.journal" }, support.names(folder))
  end)

  it("waits for a dead owner's lock while another process is about to remove it", function()
    die_with_lock()
    local text = lock_text()
    local lock = Lock.new(path, { patience = 0.01 })
    -- The claim that another process would hold: read off the one that ours makes.
    local claim
    local create = core.io.create_file
    finally(function() core.io.create_file = create end)
    core.io.create_file = function(at, content)
      if not at:find "claim$" then return create(at, content) end
      claim = at
      return false
    end
    assert.equal("busy", select(3, lock:acquire()))
    assert.truthy(claim)
    assert.equal(text, lock_text())
  end)

  it("does not remove a lock that was made since, when it has found a dead owner's", function()
    die_with_lock()
    local create, other = core.io.create_file, Lock.new(path)
    finally(function() core.io.create_file = create end)
    core.io.create_file = function(at, content)
      if at:find "claim$" then -- another process was quicker
        core.io.create_file = create
        os.remove(path .. ".lock")
        assert(other:acquire())
      end
      return create(at, content)
    end
    assert.equal("busy", select(3, Lock.new(path, { patience = 0.01 }):acquire()))
    assert.is_true(other:release())
  end)

  it("takes a foreign lock that nobody touches only after its grace", function()
    assert(uv.fs_symlink(path, path .. ".lock"))
    local hasty = Lock.new(path, { patience = 0.05 })
    assert.equal("busy", select(3, hasty:acquire()))
    local lock = Lock.new(path, { grace = 0.05, patience = 5 })
    assert.is_true(lock:acquire())
    assert(lock:release())
    -- Of other contents, and without: killed between making and filling, or not circlet's.
    for _, text in ipairs { "", "circlet", "circlet 4000000 0 1\n", ("x"):rep(1000) } do
      assert(io.open(path .. ".lock", "w")):write(text):close()
      assert.equal("busy", select(3, Lock.new(path, { patience = 0.01 }):acquire()))
      assert.is_true(lock:acquire())
      assert(lock:release())
    end
  end)

  it("tells an owner whose lock was taken away", function()
    local lock = Lock.new(path)
    assert(lock:acquire())
    os.remove(path .. ".lock")
    local ok, _, code = lock:release()
    assert.is_nil(ok)
    assert.equal("lost", code)
  end)

  it("is found again when Ctrl-C came between taking it and noting that", function()
    local lock = Lock.new(path, { patience = 0.05 })
    assert(lock:acquire())
    lock.held = false
    assert.is_true(lock:acquire())
    assert(lock:release())
  end)

  it("works where folder and file begin and end with dots", function()
    local odd = folder .. "/a.."
    assert(uv.fs_mkdir(odd, 448))
    path = odd .. "/.journal"
    assert(io.open(path, "w")):close()
    assert.equal("number", type(die_with_lock()))
    local lock = Lock.new(path, { patience = 1 })
    assert.is_true(lock:acquire())
    assert(lock:release())
  end)

  it("refuses misuse, and says when a folder cannot be written", function()
    raises("an absolute path expected, got a.journal", Lock.new, "a.journal")
    local lock = Lock.new(path)
    raises("not held", lock.release, lock)
    assert(lock:acquire())
    raises("held already", lock.acquire, lock)
    assert(lock:release())
    assert.equal("io", select(3, Lock.new(folder .. "/none/a"):acquire()))
  end)
end)
