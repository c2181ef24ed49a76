-- The words after `circlet` but for study, which has a spec of its own.
local files = require "circlet.report.files"
local json = require "circlet.json"
local shell = require "circlet.report.shell"

local interpreter = os.getenv("LUA") or "lua5.4"

describe("circlet", function()
  -- What the program writes to both outputs, and its exit code.
  local function run(words, input)
    local line = interpreter .. " scripts/circlet " .. words .. " 2>&1"
    if input then line = "printf %s " .. shell.quote(input) .. " | " .. line end
    local pipe = io.popen(line)
    local text = pipe:read "a"
    local _, _, code = pipe:close()
    return text, code
  end

  it("tells how it is used when it has nothing to do", function()
    local text, code = run("", "")
    assert.is_true(code ~= 0 and text:find "Usage: circlet" ~= nil)
    for _, word in ipairs { "repl", "run", "study", "config", "help" } do
      assert.truthy(run "help":find("\n   " .. word, 1, true))
    end
  end)

  it("runs a script with its arguments, options included, and tells its errors", function()
    local path = os.tmpname()
    finally(function() os.remove(path) end)
    assert(files.write(path, ("print(require('circlet').ones(1)[1], arg[0] == %q, ...)\n"
      .. "if ... == '-x' then error 'broken' end\nreturn 5"):format(path)))
    local text, code = run("run " .. path .. " a --help")
    assert.equal("1.0\ttrue\ta\t--help\n", text)
    assert.equal(0, code)
    text, code = run("run " .. path .. " -x")
    assert.equal(1, code)
    assert.truthy(text:find("circlet: .-:2: broken\nstack traceback:"))
    assert.is_nil(text:find "commands/run")
    text, code = run "run /no/such/file.lua"
    assert.is_true(code == 1 and text:find "cannot open /no/such/file.lua" ~= nil)
    assert.equal("7\n", (run("run -", "print(3 + 4)")))
  end)

  it("runs a study whose workers are the same script again", function()
    local path = os.tmpname()
    os.remove(path)
    finally(function() os.execute("rm -rf '" .. path .. "'*") end)
    assert(files.write(path .. ".lua", ([[
      local study = require("circlet").study
      local s = assert(study.open { path = %q })
      assert(s:optimize(function(t) return t:suggest_float("m", 0, 1) end,
        { trials = 4, workers = 2 }))
      print(#s:trials "complete")]]):format(path .. ".journal")))
    local text, code = run("run " .. path .. ".lua")
    assert.equal(0, code, text)
    assert.truthy(text:find("4\n", 1, true), text)
    text = run("repl", ("s = circlet.study.open { path = %q }\n"
      .. "s:optimize(function(t) return 1 end, { trials = 9, workers = 2 })"):format(
      path .. ".journal"))
    assert.truthy(text:find("this is no script", 1, true), text)
  end)

  it("reads a prompt's lines from a pipe, without a prompt", function()
    local text, code = run("repl", "1 + 1\nfor i = 1, 2 do\nprint(i)\nend\n")
    assert.equal("2\n1\n2\n", text)
    assert.equal(0, code)
    text, code = run("repl", "local x = 4\nerror 'no'\nx\n")
    assert.equal(1, code)
    assert.truthy(text:find("input:1: no", 1, true) and text:find("4\n", 1, true))
    text = run("repl", [[
      p = io.open("/proc/self/stat"):read "n"
      os.execute("(sleep 0.4; kill -INT " .. p .. "; sleep 0.4; kill -INT " .. p .. ") &")
      while true do end
      while true do end
      "still here"]] .. "\n")
    assert.truthy(text:find('interrupted!.*interrupted!.*"still here"'), text)
    text, code = run("repl", "for i = 1, 2 do\n")
    assert.is_true(code == 1 and text:find "input ended too early" ~= nil)
  end)

  it("tells its configuration, for people and for programs", function()
    assert.truthy(run "config":find "^circlet %d")
    local facts = assert(json.decode((run "config --json")))
    assert.equal("number", type(facts.threads))
    assert.equal("table", type(facts.warnings))
  end)

  it("tells what the manual says about a name, a part of one, or a command", function()
    local text = run "help circle_loss"
    assert.truthy(text:find "^circlet.circle_loss%(x, labels %[, options%]%)")
    for _, title in ipairs { "Arguments", "Options", "Returns", "Errors", "Source", "Example" } do
      assert.truthy(text:find("\n" .. title .. "\n", 1, true), title)
    end
    assert.equal(text, (run "help circlet.circle_loss"))
    assert.truthy(run "help nn.Linear":find ":noBias")
    assert.truthy(run "help circle_class":find "circlet.circle_class_loss")
    assert.truthy(run "help repl":find "Usage: circlet repl")
    local message, code = run "help qqq"
    assert.is_true(code == 1 and message:find 'nothing under "qqq"' ~= nil)
  end)
end)
