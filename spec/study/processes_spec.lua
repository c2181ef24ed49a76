local Lock = require "circlet.study.Lock"
local processes = require "circlet.study.processes"
local support = require "spec.study.support"
local uv = require "luv"

local interpreter = os.getenv "LUA" or "lua5.4"

describe("another process", function()
  local folder, handle, ended

  before_each(function() folder, ended = support.folder(), false end)
  after_each(function() support.remove(folder) end)

  -- Starts a program, and waits until it has died, but does not ask what became of it: then the
  -- system keeps its number.
  local function unasked(program)
    local process
    handle, process = uv.spawn(interpreter, { args = { "-e", program }, stdio = { nil, 1, 2 } },
      function() ended = true end)
    for _ = 1, 2000 do
      if processes.look(process) == "Z" then return process end
      uv.sleep(5)
    end
    error "the program does not end"
  end
  local function ask()
    while not ended do uv.run "once" end
    handle:close()
    uv.run "nowait"
  end

  it("is gone when it has died, asked about or not, and when its number is another's", function()
    local state, since = processes.look(uv.os_getpid())
    assert.equal("R", state)
    assert.is_false(processes.gone(uv.os_getpid()))
    assert.is_false(processes.gone(uv.os_getpid(), since))
    assert.is_true(processes.gone(uv.os_getpid(), since - 1))
    local process = unasked "os.exit(0)"
    assert.is_true(processes.gone(process))
    ask()
    assert.is_true(processes.gone(process))
    assert.is_nil(processes.look(process))
  end)

  it("loses its lock although it was not asked about yet", function()
    local path = folder .. "/journal"
    unasked(([[
      assert(require("circlet.study.Lock").new(%q):acquire())
      require("luv").kill(require("luv").os_getpid(), "sigkill")]]):format(path))
    local lock = Lock.new(path, { grace = 60, patience = 10 })
    assert(lock:acquire())
    assert(lock:release())
    ask()
  end)

  it("knows the machine by the same number", function()
    local pipe = assert(io.popen(interpreter
      .. [[ -e 'print(require("circlet.study.processes").here())']]))
    assert.equal(processes.here(), pipe:read "n")
    pipe:close()
  end)
end)
