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

  describe("that is kept", function()
    local linger, longest = Lock.linger, Lock.longest
    before_each(function() Lock.linger, Lock.longest = 1000, 1000 end)
    after_each(function() Lock.linger, Lock.longest = linger, longest end)

    local function kept()
      local lock = Lock.new(path)
      assert(lock:acquire())
      assert.is_true(lock:keep())
      return lock
    end
    local function wait_until_gone()
      for _ = 1, 2000 do
        if not uv.fs_lstat(path .. ".lock") then return true end
        uv.sleep(5)
      end
      return false
    end

    it("stays its owner's from one visit to the next", function()
      local lock = kept()
      local text, busy = lock_text(), Lock.new(path, { patience = 0.01 })
      assert.equal("busy", select(3, busy:acquire()))
      local file = assert(lock:resume())
      assert.equal(5, core.io.append(file, "line\n"))
      assert.equal("busy", select(3, busy:acquire()))
      assert.is_true(lock:keep())
      assert.equal(file, lock:resume())
      assert.equal(text, lock_text())
      assert.is_true(lock:release())
      assert.is_nil(uv.fs_fstat(file))
      assert.is_nil((lock:resume()))
      assert.same({ "a.journal" }, support.names(folder))
      assert.equal("line\n", assert(io.open(path)):read "a")
      assert(lock:acquire())
      assert.is_true(lock:keep())
      lock:settle()
      assert.same({ "a.journal" }, support.names(folder))
      lock:settle() -- nothing is kept
    end)

    it("is given back when no visit comes, and after its longest in any case", function()
      Lock.linger = 0.005
      local lock = kept()
      assert.is_true(wait_until_gone())
      assert.is_nil((lock:resume()))
      Lock.linger, Lock.longest = 1000, 0.005
      lock = kept()
      assert.is_true(wait_until_gone())
      assert.is_nil((lock:resume()))
      -- In the midst of a visit it stays, and is given back at the next.
      Lock.longest = 0.2
      lock = kept()
      assert(lock:resume())
      uv.sleep(250)
      assert.is_true(lock:keep())
      assert.is_nil((lock:resume()))
      assert.same({ "a.journal" }, support.names(folder))
    end)

    it("is left alone when another process has taken it meanwhile", function()
      for _, give in ipairs { "settle", "collect", "release" } do
        local lock, other = kept(), Lock.new(path, { patience = 0.01 })
        os.remove(path .. ".lock")
        assert(other:acquire())
        local text = lock_text()
        if give == "settle" then
          lock:settle()
        elseif give == "release" then
          assert(lock:resume())
          local ok, _, code = lock:release()
          assert.is_nil(ok)
          assert.equal("lost", code)
        end
        lock = nil -- luacheck: ignore
        collectgarbage()
        assert.equal(text, lock_text())
        assert(other:release())
      end
    end)

    it("is given back whatever ends the process, and passes on when it is killed", function()
      for ending, left in pairs { ["os.exit(0)"] = false, ["os.exit(0, true)"] = false,
                                  [""] = false, ["error 'x'"] = false,
                                  ["uv.kill(uv.os_getpid(), 'sigkill')"] = true } do
        local file = folder .. "/keep.lua"
        assert(io.open(file, "w")):write(([[
          local uv = require "luv"
          local Lock = require "circlet.study.Lock"
          Lock.linger, Lock.longest = 1000, 1000
          local lock = Lock.new(%q)
          assert(lock:acquire() and lock:keep())
          %s]]):format(path, ending)):close()
        os.execute("lua5.4 " .. file .. " >/dev/null 2>&1")
        os.remove(file)
        assert.equal(left, uv.fs_lstat(path .. ".lock") ~= nil, ending)
        local lock = Lock.new(path, { patience = 1 })
        assert.is_true(lock:acquire())
        assert(lock:release())
      end
    end)

    it("is not mistaken for another's when Ctrl-C comes while it is taken up again", function()
      local lock, other = kept(), Lock.new(path)
      lock:settle()
      assert(other:acquire())
      lock.held, lock.resuming = true, true -- as Ctrl-C leaves it
      assert.is_true(lock:release())
      assert(other:release())
      lock = kept() -- and now it comes when the lock was had, and that not yet noted
      local lease = lock.lease
      lock.lease = { give = function() return lease:give() end, take = function()
        assert(lease:take())
        error("interrupted!", 0)
      end }
      raises("interrupted!", lock.resume, lock)
      assert.is_true(lock.held) -- whoever closes the visit gives it back
      assert.is_true(lock:release())
      assert.same({ "a.journal" }, support.names(folder))
    end)

    it("is refused where it is not held, and where its file cannot be opened", function()
      local lock = Lock.new(path)
      raises("not held", lock.keep, lock)
      assert.is_nil(lock:resume())
      assert(lock:acquire())
      raises("held already", lock.resume, lock)
      os.remove(path)
      assert.is_false(lock:keep())
      assert(lock:release())
      assert(io.open(path, "w")):close()
      raises("string expected", core.io.lease)
      raises("seconds above 0 expected", core.io.lease, path, path .. ".lock", 0, 1)
      raises("seconds above 0 expected", core.io.lease, path, path .. ".lock", 1, 0 / 0)
      local lease = core.io.lease(path, path .. ".lock", 1, 1)
      raises("at most 127 bytes", lease.keep, lease, ("x"):rep(128))
      assert.is_nil(lease:give())
      assert.is_nil((lease:take()))
    end)
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
