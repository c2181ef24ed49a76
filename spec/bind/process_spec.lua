local process = require("circlet.core").process
local files = require "circlet.report.files"
local tiny = require "spec.train.tiny"
local raises = require("spec.support").raises

local interpreter = os.getenv("LUA") or "lua5.4"

describe("the process", function()
  local path
  before_each(function() path = os.tmpname() end)
  after_each(function() os.remove(path) end)

  it("sends its output, and that of what it starts, to the end of a file", function()
    assert(files.write(path, "before\n"))
    local code, output = tiny.shell(interpreter .. ([[ -e '
      local process = require("circlet.core").process
      io.write "to the terminal"
      assert(process.send_output(%q) == true)
      print "out"
      io.stdout:flush()
      io.stderr:write "error\n"
      os.execute "echo child"
      local ok, message, code = process.send_output "/no/such/file"
      print(ok, message, code)']]):format(path))
    assert.equal(0, code)
    assert.equal("to the terminal", output)
    assert.equal("before\nout\nerror\nchild\nnil\tcannot send output to /no/such/file: "
      .. "No such file or directory\tio\n", files.read(path))
  end)

  it("waits for input, and tells Ctrl-C, Ctrl-Z and its end from it", function()
    local function wait(how, signal)
      local code, output = tiny.shell(("%s | %s -e '"):format(how, interpreter)
        .. ([[ local process = require("circlet.core").process
        local function caught()
          return io.open("/proc/self/status"):read "a":match "SigCgt:%%s*(%%x+)"
        end
        local before = caught()
        %s
        print(process.wait_input(0), before == caught()) ']]):format(
        signal and ([[os.execute("(sleep 0.3; kill -%s " .. io.open("/proc/self/stat"):read "n"
          .. ") &")]]):format(signal) or ""))
      assert.equal(0, code, output)
      return (output:gsub("\n$", ""))
    end
    assert.equal("ready\ttrue", wait "echo a")
    assert.equal("ready\ttrue", wait "true") -- the end of the input can be read, too
    assert.equal("interrupt\ttrue", wait("sleep 2", "INT"))
    assert.equal("suspend\ttrue", wait("sleep 2", "TSTP"))
    assert.equal("end\ttrue", wait("sleep 2", "TERM"))
  end)

  it("knows no terminal where there is none, and wants back what it gave", function()
    local code, output = tiny.shell(interpreter .. [[ -e '
      local process = require("circlet.core").process
      print(process.is_terminal(0), process.keep_terminal(), (process.terminal_size()))
      ' </dev/null]])
    assert.equal(0, code)
    assert.equal("false\tnil\tnil\n", output)
    raises("keep_terminal", process.restore_terminal, "a few bytes")
    assert.has_error(function() process.wait_input() end)
  end)

  it("ends with its parent", function()
    local began = os.time()
    -- The middle process starts a child that would sleep for a minute, and is killed.
    local child, middle = path .. ".child", path .. ".middle"
    finally(function()
      os.remove(child)
      os.remove(middle)
    end)
    assert(files.write(child, ([[
      require("circlet.core").process.follow_parent()
      io.open(%q, "w"):write("ready"):close()
      require("luv").sleep(60000)]]):format(path)))
    assert(files.write(middle, ([[
      local uv = require "luv"
      uv.spawn(%q, { args = { %q }, stdio = { nil, 1, 2 } }, print)
      repeat
        uv.sleep(5)
        local file = io.open(%q)
      until file:read() == "ready"
      uv.kill(uv.os_getpid(), "sigkill")]]):format(interpreter, child, path)))
    tiny.shell(("%s %s | cat"):format(interpreter, middle))
    -- cat has come to an end, so the child no longer holds the pipe.
    assert.equal("ready", files.read(path))
    assert.is_true(os.time() - began < 30)
  end)

  it("gives Ctrl-C back to its handler", function()
    local code, output = tiny.shell(interpreter .. [[ -e '
      local uv = require "luv"
      local process = require("circlet.core").process
      local before = process.keep_interrupt()
      local signal = uv.new_signal()
      signal:start("sigint", print)
      signal:close()
      uv.run "nowait"
      process.restore_interrupt(before)
      local ok, message = pcall(function()
        uv.kill(uv.os_getpid(), "sigint")
        for _ = 1, 1e6 do end
      end)
      print(ok, message)']])
    assert.truthy((code .. " " .. output):find "^0 false\t.*interrupted!\n$", output)
    raises("what keep_interrupt() gave expected", process.restore_interrupt, "x")
    raises("string expected, got no value", process.send_output)
  end)
end)
