-- The prompt as a person uses it: in a terminal, key by key, by what the screen shows.
local files = require "circlet.report.files"
local screen = require "spec.prompt.screen"

local interpreter = os.getenv("LUA") or "lua5.4"

describe("the prompt on a terminal", function()
  if not screen.available() then
    return it("needs tmux", function() pending("tmux is not installed") end)
  end

  local folder, open, terminal
  before_each(function()
    folder = os.tmpname()
    os.remove(folder)
    assert(files.make_folder(folder .. "/home"))
    assert(files.write(folder .. "/script.lua", "answer = 42\n"))
    function open(words, environment)
      environment = environment or {}
      table.insert(environment, "HOME=" .. folder .. "/home")
      table.insert(environment, "XDG_STATE_HOME=")
      -- Readline keeps what it has when the program ends.
      table.insert(environment, "ASAN_OPTIONS=" .. (os.getenv "ASAN_OPTIONS" or "")
        .. ":detect_leaks=0")
      terminal = screen.open(interpreter .. " scripts/circlet " .. (words or ""), environment)
      terminal:wait "\n>$"
      return terminal
    end
  end)
  after_each(function()
    terminal:close()
    os.execute("rm -rf '" .. folder .. "'")
  end)

  -- What stands below the last line that was typed, without the prompt that follows.
  local function below(text, line)
    local at, from = 1, nil
    repeat
      local first, last = text:find("> " .. line .. "\n", at, true)
      if first then at, from = last + 1, last + 1 end
    until not first
    assert(from, "the line is not on the screen:\n" .. text)
    return (text:sub(from):gsub("\n?>$", ""))
  end

  local function answer(line)
    terminal:enter(line)
    return below(terminal:wait(function(text)
      return text:find("> " .. line .. "\n", 1, true) and text:sub(-2) == "\n>"
    end), line)
  end

  it("shows the values of expressions, each kind in its way", function()
    open()
    assert.equal("2", answer "1 + 1")
    assert.equal("1\n\"a\\n\"\nnil", answer [[1, "a\n", nil]])
    assert.equal('{1, 2, x = {"y"}}', answer "{1, 2, x = {'y'}}")
    assert.equal(" 1  1\n 1  1\n[circlet.FloatTensor of size 2x2]", answer "circlet.ones(2, 2)")
    assert.equal("", answer "local x = 3")
    assert.equal("9", answer "x * 3") -- the local lives on
    assert.equal("10", answer "_ + 1")
  end)

  it("cuts a large tensor to the screen", function()
    open()
    terminal:enter "circlet.zeros(500, 300)"
    local text = terminal:wait "FloatTensor of size 500x300%]\n>$"
    assert.truthy(text:find("rows %d+ to %d+ left out"))
    assert.truthy(text:find("columns %d+ to %d+ left out"))
    assert.truthy(text:find("> circlet.zeros(500, 300)", 1, true)) -- it all fits
  end)

  it("goes on over lines until the input is whole", function()
    open()
    terminal:enter "for i = 1, 2 do":wait "\n>>$"
    terminal:enter "print(i)":wait "print%(i%)\n>>$"
    terminal:enter "end"
    terminal:wait ">> end\n1\n2\n>$"
    terminal:enter "f(":press "C-c" -- dropped
    terminal:wait "%^C\n>$"
    assert.equal("5", answer "2 + 3")
  end)

  it("completes nested names, methods of values, keywords and files", function()
    open()
    answer "x = circlet.ones(4)"
    terminal:type "x:narr":press "Tab"
    terminal:wait "> x:narrow$"
    terminal:type "(1, 2, 2):si":press "Tab" -- nothing is run to complete: no guess
    terminal:press("C-e", "C-u")
    terminal:type "1+circlet.nn.SpatialZ":press "Tab"
    terminal:wait "> 1%+circlet.nn.SpatialZeroPadding$"
    terminal:press "C-u"
    terminal:type "{x:resizeA":press "Tab"
    terminal:wait "> {x:resizeAs$"
    terminal:press "C-u"
    terminal:type "metrics.mutu":press "Tab"
    terminal:wait "> metrics.mutual_information$"
    terminal:press "C-u"
    terminal:type("dofile '" .. folder .. "/scr"):press "Tab"
    terminal:wait "/script.lua'$"
    terminal:press "Enter"
    assert.equal("42", answer "answer")
    terminal:type "circlet.margin":press("Tab", "Tab")
    terminal:wait "> circlet.margin_loss$"
    terminal:press "C-u"
    terminal:type "circlet.supc":press("Tab")
    terminal:wait "> circlet.supcon_loss$"
    terminal:press "C-u"
    terminal:type "circlet.nn.Circle":press("Tab", "Tab")
    terminal:wait "CircleClassCriterion%s+circlet.nn.CircleSimilarityCriterion"
  end)

  it("tells errors with what called what, and keeps the session", function()
    open()
    answer "kept = 7"
    assert.equal("input:1: circle_loss: x must be a tensor or a table {x, refs}, got number",
      answer "circlet.circle_loss(1)")
    answer "function inner() error 'deep' end"
    answer "function outer() inner() return 1 end"
    assert.equal("input:1: deep\nstack traceback:\n\t[C]: in function 'error'\n"
      .. "\tinput:1: in function 'inner'\n\tinput:1: in function 'outer'\n\tinput:1: in main chunk",
      (answer "x = outer()":gsub("\n +%[C%]", "\n\t[C]"):gsub("\n +input", "\n\tinput")))
    assert.truthy(answer "1 1":find "^input:1: .* near '1'$")
    answer "e = setmetatable({}, { __tostring = function() return 'a text' end })"
    assert.equal("a text", answer "error(e)")
    assert.equal("an error that is a value: {code = 3}", answer "error{code=3}")
    assert.equal("7", answer "kept")
  end)

  -- 60000 x 256 take half a minute on two cores.
  it("stops a kernel at once on Ctrl-C, with tensors as they were", function()
    open()
    answer "x = circlet.randn(60000, 256)"
    answer "l = circlet.LongTensor(60000):random(1, 9)"
    local sum = answer "x:sum()"
    for _ = 1, 2 do
      terminal:enter "circlet.circle_loss(x, l)"
      os.execute "sleep 0.5"
      terminal:press "C-c"
      local _, seconds = terminal:wait "interrupted!\n>$"
      assert(seconds < 5, seconds)
      terminal:press("C-l")
      terminal:wait "^>$"
    end
    assert.equal(sum, answer "x:sum()")
  end)

  it("stops a loop in Lua, in a coroutine and around a training step, again and again", function()
    open()
    for _, loop in ipairs { "n = 0 while true do n = n + 1 end",
      "coroutine.wrap(function() while true do end end)()",
      "c = nn.CircleCriterion() while true do c:forward(circlet.randn(9, 8), circlet.ones(9)) end",
      "repeat until false" } do
      terminal:enter(loop)
      os.execute "sleep 0.3"
      terminal:press "C-c"
      local _, seconds = terminal:wait "interrupted!\n>$"
      assert(seconds < 5, seconds)
      terminal:press "C-l"
      terminal:wait "^>$"
    end
    assert.equal("true", answer "n > 100")
  end)

  it("drops the line on Ctrl-C and ends on Ctrl-D", function()
    open()
    terminal:type "1 + ":press "C-c"
    terminal:wait "> 1 %+%s*%^C\n>$"
    assert.equal("5", answer "5")
    terminal:press "C-d"
    terminal:wait "\nended with 0$"
  end)

  it("keeps its history from one session to the next, also when it is killed", function()
    open()
    answer "1 + 1"
    terminal:enter "for i = 1, 2 do":wait "\n>>$"
    terminal:enter "end":wait ">> end\n>$"
    answer "2 + 2"
    answer "io.open('/proc/self/stat'):read 'n'"
    local process = answer "_"
    os.execute("kill -9 " .. process)
    terminal:wait "ended with 137"
    terminal:close()
    open()
    terminal:press("Up", "Up", "Up")
    terminal:wait "> 2 %+ 2$"
    terminal:press "Up"
    terminal:wait "> for i = 1, 2 do\nend$"
    terminal:press("Down", "Enter")
    terminal:wait "> 2 %+ 2\n4\n>$"
    assert.equal("file", files.kind(folder .. "/home/.local/state/circlet/history"))
  end)

  it("ends decently when it is told to", function()
    open()
    local process = answer "io.open('/proc/self/stat'):read 'n'"
    os.execute("kill -TERM " .. process)
    terminal:wait "ended with 0"
    terminal:enter "echo the terminal is as it was" -- to the shell's `sleep`: it is echoed
    terminal:wait "the terminal is as it was"
  end)

  it("tells the user's globals, the manual and costs", function()
    open()
    answer "x = circlet.zeros(1000, 2)"
    answer "net = nn.Linear(3, 2)"
    local text = answer "who()"
    assert.truthy(text:find("x%s+FloatTensor%s+1000x2%s+8 kB"), text)
    assert.truthy(text:find("net%s+nn.Linear"), text)
    assert.is_nil(text:find("circlet", 1, true), text)
    assert.equal(text, answer ":who")
    terminal:press "C-l"
    assert.truthy(answer "help(json)":find "a nil of Lua")
    assert.truthy(answer "help 'json.null'":find "Stands for null")
    terminal:press "C-l"
    assert.truthy(answer "help(net.noBias)":find "Does without the bias from now on")
    assert.truthy(answer ":help no.such":find('nothing under "no.such"', 1, true))
    text = answer ":time circlet.zeros(1000, 1000):sum()"
    assert.truthy(text:find("^0.0\n[%d%.e%-]+ s, processors [%d%.e%-]+ s; tensors at most 4 MB"))
    answer ":timing on"
    assert.truthy(answer "1 + 1":find "^2\n.* s, processors")
    assert.truthy(answer ":bogus":find "there is no command :bogus")
  end)

  it("shows colours where they are wanted", function()
    open("", { "NO_COLOR=" })
    terminal:enter "error 'red'"
    assert.truthy(terminal:wait("input:1: red.*>%s*$", "-e"):find("\27[31minput:1: red", 1, true))
  end)

  it("works without lua-readline", function()
    assert(files.write(folder .. "/readline.lua", "error 'not here'"))
    open("", { "LUA_PATH=" .. folder .. "/?.lua;" .. os.getenv "LUA_PATH" })
    assert.equal("2", answer "1 + 1")
    terminal:press "C-c"
    terminal:wait "%^C\n>$"
    assert.equal("3", answer "1 + 2")
    terminal:press "C-d"
    terminal:wait "ended with 0"
  end)
end)
