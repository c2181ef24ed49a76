-- Runs what README.md tells to type, from the root of a clone: indented lines that begin with a
-- program, and `make ...` in the text, in their order. A command runs as it stands, or as the list
-- below says; what the page shows of results is compared with what comes out.
--
--     lua5.4 spec/check/readme.lua FOLDER [PATTERN ...]
--
-- FOLDER: for what must lie outside of the clone. Patterns choose commands.
local folder = assert(arg[1])
local root = io.popen("pwd"):read "l"

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "a"
  file:close()
  return text
end

local function write(path, text)
  local file = assert(io.open(path, "w"))
  assert(file:write(text))
  file:close()
end

local page = read "README.md"

-- The commands, in order, each once.
local function commands()
  local list, seen = {}, {}
  local function add(command)
    command = command:gsub("%s%s+#.*$", ""):gsub("%s+$", "")
    command = command:gsub("^(make ?[%w-]*)%s%s+%l.*$", "%1"):gsub("%s+$", "") -- list of targets
    if not seen[command] then seen[command], list[#list + 1] = true, command end
  end
  for line in page:gsub("```.-```", ""):gmatch "[^\n]+" do
    local command = line:match "^    (%S.*)$"
    local first = command and command:gsub("^[A-Z_]+=%S+%s+", ""):gsub("^[A-Z_]+=%S+%s+", "")
      :match "^%S+"
    if first and (first == "make" or first:find "^lua" or first == "sbatch"
        or first:find "^scripts/" or first:find "^bin/") then
      add(command)
    else
      for inline in line:gmatch "`(make[^`]*)`" do add(inline) end
    end
  end
  return list
end

-- What is run in place of a command: { pattern, replacement of the whole command or of the pattern,
-- or { why it is left out } }. The first that fits.
local peers = (os.getenv "HOME" or "") .. "/.cache/circlet/peers/bin/python"
local has_peers = io.open(peers) ~= nil
local has_gpu = io.open "/dev/nvidiactl" ~= nil
local omniglot = os.getenv "OMNIGLOT"
if omniglot == "" then omniglot = nil end
local instead = {
  { "^make check.*", { "is what this is a part of" } },
  { "^make test$", { "is what continuous integration does in a clean clone" } },
  { "^make bench%-peers$", { "downloads several GB" } },
  { "^make bench .*", { "takes hours: make bench runs with --quick" } },
  { "^make bench$", "make bench FLAGS=--quick" },
  { "^make bench%-%w+$", { "is a part of make bench" } },
  { "^make compare%-torch .*", has_peers and "make compare-torch PYTHON=" .. peers
      .. " FLAGS='--parts speed --rounds 1'" or { "needs PyTorch (make bench-peers)" } },
  { "%-%-device cuda$", not has_gpu and { "needs a GPU" } or nil },
  { "^make gpu%-bench$", has_gpu and "make gpu-bench FLAGS=--quick" or { "needs a GPU" } },
  { "^lua scripts/compare%.lua %-%-data FOLDER$", omniglot and "lua scripts/compare.lua --data "
      .. omniglot .. " --seeds 1 --losses pair,arcface --steps 20"
      or { "needs Omniglot (OMNIGLOT=folder)" } },
  { "^make install$", "make install DESTDIR=" .. folder .. "/root" },
  { "^make uninstall$", "make uninstall DESTDIR=" .. folder .. "/root" },
  { "^make install PREFIX=.*", "make install PREFIX=" .. folder .. "/prefix" },
  { "^make paper$", { "takes a quarter of an hour" } },
  { "^bin/", ("cd %s/circlet-*/ && cp %s/script.lua . && bin/"):format(folder, root) },
  { "^LUA_PATH.*lua5%.4 %-l circlet$", "echo 'print(circlet.randn(2, 3):size(2))' >" .. folder
      .. "/typed; %0 <" .. folder .. "/typed" },
  { "^lua5%.4 %-l circlet%.torch7", "LUA_PATH=\"$PWD/lua/?.lua;$PWD/lua/?/init.lua;;\" "
      .. "LUA_CPATH=\"$PWD/build/?.so;;\" %0" },
  { "^scripts/circlet study reproduce.*", "LUA_PATH=\"$PWD/lua/?.lua;$PWD/lua/?/init.lua;;\" "
      .. "LUA_CPATH=\"$PWD/build/?.so;;\" %0" },
  { "^sbatch", { "needs a cluster: make check-slurm" } },
}

-- What must be there before a command: what the text around it says.
local function write_script()
  write("script.lua", "local c = require 'circlet' assert(c.randn(2, 3):size(2) == 3)")
end
local before = {
  { "^bin/", function()
    write_script()
    if os.execute(("cd %s/circlet-*/ 2>/dev/null"):format(folder)) then return end
    assert(os.execute(("make bundle && tar -xzf build/circlet-*.tar.gz -C %s"):format(folder)))
  end },
  { "script%.lua", write_script },
  { "runs/study%.journal", function()
    if io.open "runs/study.journal" then return end
    local example = page:match "```lua\n([^`]-runs/study%.journal.-)```"
    write("study.lua", example)
    assert(os.execute "LUA_PATH='lua/?.lua;lua/?/init.lua;;' \z
      LUA_CPATH='build/?.so;;' lua5.4 study.lua")
  end },
}

-- What is shown against what came out: { pattern, function(output) }, which raises.
local shown = {
  { "^make sweep$", function(output)
    -- The table of the README: a row's measures, within twice the deviation over seeds it states.
    local rows, compared = {}, 0
    for gamma, m, recall, precision, map in
      output:gmatch "mlp +(%d+) +([%d.]+) +([%d.]+) +([%d.]+) +([%d.]+)" do
      rows[gamma .. " " .. m] = { recall, precision, map }
    end
    for gamma, m, recall, precision, map in
      page:gmatch "\n| mlp | (%d+) | ([%d.]+) | ([%d.]+) | ([%d.]+) | ([%d.]+) |" do
      local found = assert(rows[gamma .. " " .. m], "no row for gamma " .. gamma .. ", m " .. m)
      for i, value in ipairs { recall, precision, map } do
        assert(math.abs(value - found[i]) <= 0.018, ("gamma %s, m %s: the page shows %s, got %s")
          :format(gamma, m, value, found[i]))
      end
      compared = compared + 1
    end
    assert(compared >= 3, "the page shows no table")
  end },
  { "^bin/circlet %-%-help$", function(output) assert(output:find("Usage: circlet", 1, true)) end },
  { "lua5%.4 %-l circlet$", function(output) assert(output:find "3\n") end },
  { "study show", function(output) assert(output:find("20 complete", 1, true)
      or output:find("pruned", 1, true)) end },
  { "^make help$", function(output)
    for target in page:gmatch "\n    make (%l+)  " do
      assert(target == "help" or output:find("make " .. target, 1, true),
        "make help does not name " .. target)
    end
  end },
}

local function fitting(list, command)
  for _, case in ipairs(list) do
    if command:find(case[1]) then return case end
  end
end

local function wanted(command)
  for i = 2, #arg do
    if command:find(arg[i]) then return true end
  end
  return #arg == 1
end

local failed, ran, left_out = {}, 0, 0
for _, command in ipairs(commands()) do
  if wanted(command) then
    local case = fitting(instead, command)
    local other = case and case[2]
    if type(other) == "table" then
      print(("left out: %s  (%s)"):format(command, other[1]))
      left_out = left_out + 1
    else
      local line = other and command:gsub(case[1], other) or command
      local ready = fitting(before, command)
      local ok, message = pcall(ready and ready[2] or function() end)
      local started = os.time()
      local output, code = "", 1
      if ok then
        local pipe = io.popen(("{ %s\n} 2>&1 </dev/null"):format(line))
        output = pipe:read "a"
        code = select(3, pipe:close())
        local check = code == 0 and fitting(shown, command)
        if check then ok, message = pcall(check[2], output) end
      end
      ran = ran + 1
      if ok and code == 0 then
        print(("%5d s  %s"):format(os.time() - started, line))
      else
        failed[#failed + 1] = command
        print(("FAILED: %s\n%s\n%s"):format(line, output:sub(-3000), message or "code " .. code))
      end
    end
  end
end
print(("%d commands ran, %d failed, %d left out"):format(ran, #failed, left_out))
os.exit(#failed == 0 and ran > 0)
