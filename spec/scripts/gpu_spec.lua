-- The programs of scripts/gpu, without a GPU: with stand-ins for what they find and start.
local circlet = require "circlet"
local files = require "circlet.report.files"
local json = require "circlet.json"
local parts = dofile "scripts/gpu/parts.lua"
local processes = require "circlet.study.processes"
local shell = require "circlet.report.shell"

local folder

local function write(name, ...)
  local path = folder .. "/" .. name
  assert(files.make_folder(path:match "^(.*)/"))
  assert(files.write(path, table.concat({ ... }, "\n") .. "\n"))
  return path
end

local function program(name, ...)
  local path = write(name, "#!/bin/sh", ...)
  assert(os.execute("chmod +x " .. shell.quote(path)))
  return path
end

-- Exit status and output, both streams, of a shell command.
local function run(command)
  local pipe = assert(io.popen("{ " .. command .. "; } 2>&1"))
  local output = pipe:read("a")
  local _, _, code = pipe:close()
  return code, output
end

local function contains(output, ...)
  for _, text in ipairs { ... } do
    assert(output:find(text, 1, true), ("%q is not in:\n%s"):format(text, output))
  end
end

local function fresh()
  folder = os.tmpname()
  os.remove(folder)
  assert(files.make_folder(folder))
end

local function remove() os.execute("rm -rf " .. shell.quote(folder)) end

describe("gpu.sh", function()
  before_each(fresh)
  after_each(remove)

  -- Where it finds libraries, as the program that it starts sees it.
  local function start(environment)
    local lua = program("lua", 'echo "PATH=$LD_LIBRARY_PATH BEFORE=$PEER_LD_LIBRARY_PATH $*"')
    return run(("%s LUA=%s sh scripts/gpu/gpu.sh check --seconds 9"):format(environment, lua))
  end

  it("hands on the folders of libraries that the linker does not know", function()
    for _, name in ipairs { "cuda/lib64/libcublas.so.13", "cuda/lib64/libcublasLt.so.13",
                            "site/nvidia/cudnn/lib/libcudnn.so.9", "site/nvidia/__init__.py" } do
      write(name, "")
    end
    -- ldconfig that knows nothing
    program("bin/ldconfig", "exit 0")
    local code, output = start(("PATH=%s/bin:$PATH LD_LIBRARY_PATH= CUDA_HOME=%s/cuda "
      .. "PYTHONPATH=%s/site PYTHON=python3"):format(folder, folder, folder))
    assert.equal(0, code, output)
    contains(output, "libcublas.so.13 in " .. folder .. "/cuda/lib64\n",
      "libcublasLt.so.13 in " .. folder .. "/cuda/lib64\n", "PATH=" .. folder .. "/cuda/lib64",
      "BEFORE= ", "scripts/gpu/check.lua --seconds 9\n")
    -- of cuDNN, CUDA's own folder may have one: otherwise Python's has it
    if not output:find("libcudnn.so.9 in /usr", 1, true) then
      contains(output, "libcudnn.so.9 in " .. folder .. "/site/nvidia/cudnn/lib\n",
        folder .. "/cuda/lib64:" .. folder .. "/site/nvidia/cudnn/lib BEFORE")
    end
  end)

  it("leaves alone what is known, and keeps the path of before for others", function()
    for _, name in ipairs { "libcublas.so.13", "libcublasLt.so.13", "libcudnn.so.9" } do
      write("known/" .. name, "")
    end
    local code, output = start(("LD_LIBRARY_PATH=%s/known"):format(folder))
    assert.equal(0, code)
    assert.equal(("PATH=%s/known BEFORE=%s/known %s/scripts/gpu/check.lua --seconds 9\n"):format(
      folder, folder, shell.output "pwd -P"), output)
  end)

  it("refuses other words, and says when there is no Lua", function()
    local code, output = run "sh scripts/gpu/gpu.sh chekc"
    assert.equal(2, code)
    contains(output, "usage: sh scripts/gpu/gpu.sh check|bench")
    code, output = run "LUA=no-such-lua sh scripts/gpu/gpu.sh bench"
    assert.equal(2, code)
    contains(output, "there is no no-such-lua here", "make bundle")
  end)

  it("ends with 77 where there is no GPU, and says why", function()
    local available, reason = circlet.cuda.available()
    if available then return end
    local code, output = run(("sh scripts/gpu/gpu.sh check --out %s/found.json"):format(folder))
    assert.equal(77, code)
    contains(output, "gpu-check: nothing was checked, there is no GPU to check on: " .. reason)
    local found = json.decode(assert(files.read(folder .. "/found.json")))
    assert.is_false(found.available)
    assert.equal(reason, found.reason)
    code, output = run "sh scripts/gpu/gpu.sh bench --quick"
    assert.equal(77, code)
    contains(output, "gpu-bench: nothing was measured, there is no GPU to measure on: " .. reason)
  end)
end)

describe("a part of gpu-check", function()
  before_each(fresh)
  after_each(remove)

  local function part(seconds, ...)
    return parts.run { words = { "sh", "-c", ... }, seconds = seconds, log = folder .. "/log" }
  end

  it("is a program with its exit status, or signal, and its output", function()
    local result = part(20, "echo one; echo two >&2; exit 3")
    assert.equal("exit", result.ended)
    assert.equal(3, result.code)
    assert.equal("one\ntwo\n", files.read(folder .. "/log"))
    assert.equal("two", parts.tail(folder .. "/log", 1))
    result = part(20, "kill -SEGV $$")
    assert.equal("signal", result.ended)
    assert.equal(11, result.code)
    result = parts.run { words = { "no-such-program" }, seconds = 5, log = folder .. "/log" }
    assert.equal("unstarted", result.ended)
    contains(result.message, "ENOENT")
  end)

  it("ends when its time is over, with all that it started, whatever it does about it", function()
    parts.grace_ms = 200
    finally(function() parts.grace_ms = 5000 end)
    -- two processes that ignore SIGTERM
    local result = part(1, "trap '' TERM; (sleep 60 & echo $! >" .. folder .. "/child; wait); "
      .. "sleep 60")
    assert.equal("timeout", result.ended)
    assert(result.seconds < 20, result.seconds)
    local child = assert(tonumber(files.read(folder .. "/child")))
    local clock = circlet.tic()
    while not processes.gone(child) and circlet.toc(clock) < 5 do end -- luacheck: ignore
    assert.is_true(processes.gone(child))
  end)

  it("does not begin when there is no time, and runs beside others", function()
    local jobs, ended = {}, 0
    for i = 1, 4 do
      jobs[i] = { words = { "sh", "-c", "sleep 0.5" }, log = folder .. "/" .. i }
    end
    parts.run_all(jobs, 4, 60, function() ended = ended + 1 end)
    assert.equal(4, ended)
    for _, job in ipairs(jobs) do assert.equal("exit", job.result.ended) end
    parts.run_all(jobs, 1, 0.05)
    for _, job in ipairs(jobs) do assert.equal("late", job.result.ended) end
  end)

  it("has the environment that it is given", function()
    parts.run { words = { "sh", "-c", 'echo "$ONE-${HOME-none}"' }, seconds = 20,
      log = folder .. "/log", env = { ONE = "1", HOME = false } }
    assert.equal("1-none\n", files.read(folder .. "/log"))
  end)

  it("is understood by what it writes", function()
    assert.same({ passed = 3, failed = 1, skipped = 2 },
      parts.counts "\nFAILED: x\n3 passed, 1 failed, 2 skipped\n")
    assert.is_nil(parts.counts "Segmentation fault\n")
    local failed, skipped = parts.failures(([[

skipped: a loss needs a GPU
  spec/x.lua:3
  because

FAILED: a loss agrees
  spec/x.lua:7
  error 1, allowed 0
  ~
  more

slow specs
   2.1 s  a spec
0 passed, 1 failed, 1 skipped
]]):gsub("~", ""))
    assert.same({ "FAILED: a loss agrees\n  spec/x.lua:7\n  error 1, allowed 0\n  \n  more" },
      failed)
    assert.same({ "skipped: a loss needs a GPU\n  spec/x.lua:3\n  because" }, skipped)
    assert.same({ 2 }, { parts.sanitizer "========= ERROR SUMMARY: 2 errors\n" })
    assert.same({ 0 }, { parts.sanitizer "========= ERROR SUMMARY: 0 errors\n" })
    assert.same({ 1, 4 }, { parts.sanitizer
      "========= RACECHECK SUMMARY: 5 hazards displayed (1 error, 4 warnings)\n" })
    assert.same({}, { parts.sanitizer "========= Error: no device\n" })
  end)
end)

describe("gpu-check with a stand-in for the GPU", function()
  local bin

  setup(function()
    fresh()
    bin = folder .. "/bin"
    assert(files.make_folder(bin))
  end)
  teardown(remove)

  -- check.lua, with compute-sanitizer and Python as given; one spec file, of the CPU.
  local function check(flags)
    return run(([[PATH=%s:$PATH CIRCLET_PARITY=cpu PYTHON=false \
      LUA_PATH="./?.lua;./lua/?.lua;./lua/?/init.lua;;" \
      LUA_INIT_5_4='require "spec.scripts.fake_gpu"' sh scripts/gpu/gpu.sh check --jobs 1 \
      --spec loss_options_spec --out %s/found.json %s]]):format(bin, folder, flags))
  end

  local function sanitizer(...)
    program("bin/compute-sanitizer", ...)
    return check("--only memcheck --only racecheck --seconds 60")
  end

  it("runs every part, and writes what it found", function()
    program("bin/compute-sanitizer", 'echo "$*" >>' .. folder .. "/asked",
      "echo 'reduced set: 9 calls, 1 not on the GPU, 0 failed'",
      "case $* in",
      "*racecheck*)",
      "echo '========= RACECHECK SUMMARY: 2 hazards displayed (0 errors, 2 warnings)' ;;",
      "*) echo '========= ERROR SUMMARY: 0 errors' ;;", "esac")
    local code, output = check "--seconds 200"
    assert.equal(0, code, output)
    contains(output, "NVIDIA Stand-in, compute capability 9.0", "loss_options_spec.lua", "bench",
      "0 errors; 9 calls, 1 not on the GPU, 0 failed", "0 errors, 2 warnings; 9 calls",
      "4 passed, 0 failed, 0 skipped in ")
    local found = json.decode(assert(files.read(folder .. "/found.json")))
    assert.equal("NVIDIA Stand-in", found.device.name)
    assert.equal(4, #found.checks)
    assert.equal(2, #found.bench.cells)
    assert.same({ passed = 4, failed = 0, skipped = 0 }, found.counts)
    contains(files.read(folder .. "/asked"), "--tool memcheck", "--tool racecheck",
      "scripts/gpu/reduced.lua")
  end)

  it("fails when compute-sanitizer finds something, breaks or hangs", function()
    local code, output = sanitizer("echo '========= ERROR SUMMARY: 3 errors'", "exit 9")
    assert.equal(1, code)
    contains(output, "3 errors", "0 passed, 2 failed")
    code, output = sanitizer("echo '========= ERROR SUMMARY: 0 errors'",
      "echo 'reduced set: 5 calls, 0 not on the GPU, 1 failed'", "exit 1")
    assert.equal(1, code)
    contains(output, "exit status 1: 5 calls, 0 not on the GPU, 1 failed")
    code, output = sanitizer "echo '========= ERROR SUMMARY: 0 errors'"
    assert.equal(1, code)
    contains(output, "exit status 0: reduced.lua did not get to its end")
    code, output = sanitizer("echo no device >&2", "exit 2")
    assert.equal(1, code)
    contains(output, "no summary", "no device")
    program("bin/compute-sanitizer", "sleep 100")
    code, output = check "--only memcheck --seconds 5"
    assert.equal(1, code)
    contains(output, "ran out of time")
  end)

  it("leaves out, and says so, what there is no tool for", function()
    os.remove(bin .. "/compute-sanitizer")
    if shell.output "command -v compute-sanitizer || ls /usr/local/cuda*/bin/compute-sanitizer" then
      return
    end
    local code, output = check "--only memcheck --seconds 20"
    assert.equal(0, code)
    contains(output, "skipped", "compute-sanitizer is not here", "0 passed, 0 failed, 1 skipped")
  end)

  it("refuses parts that it does not know and no time", function()
    local code, output = check "--only everything"
    assert.equal(2, code)
    contains(output, "there is no part everything")
    code, output = check "--seconds 3"
    assert.equal(2, code)
    contains(output, "--seconds must be 5 or more")
  end)
end)
