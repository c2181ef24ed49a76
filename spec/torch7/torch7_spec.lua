-- Scripts written for Torch7, run as they stand: lua -l circlet.torch7 script.lua
local circlet = require "circlet"
local files = require "spec.io.support"
local shell = require "circlet.report.shell"

-- Runs a script (a path, or text) in a process of its own; what it printed, and whether it ended
-- well.
local function run(script, arguments)
  local path = script
  if script:find "\n" or not script:find "%.lua$" then
    path = os.tmpname()
    files.write(path, script)
  end
  local pipe = io.popen(("lua5.4 -l circlet.torch7 %s %s 2>&1"):format(shell.quote(path),
    arguments or ""))
  local text = pipe:read "a"
  local ok = pipe:close()
  if path ~= script then os.remove(path) end
  return text, ok == true
end

-- The lines of tab-separated words that a script printed, by the first word.
local function results(name, arguments)
  local text, ok = run("spec/torch7/scripts/" .. name .. ".lua", arguments)
  assert(ok, text)
  local found = {}
  for line in text:gmatch "[^\n]+" do
    local key, rest = line:match "^(%w+)\t(.*)$"
    if key then found[key] = rest end
  end
  return found, text
end

describe("scripts for Torch7", function()
  it("fit a line", function()
    local r = results "linear"
    assert.equal("torch.DoubleTensor\ttorch.DoubleTensor", r.type)
    -- steps of 0.05 on noise of 0.01 wander by about 0.05 * 0.01
    assert(tonumber(r.distance) < 0.01, r.distance)
    assert.equal("60", r.epochs)
  end)

  it("classify with options and a log", function()
    local folder, remove = files.folder()
    finally(remove)
    local r = results("logistic", "-quiet -maxIter 25 -save " .. shell.quote(folder))
    assert.same({ "true", "true", "100%\ttrue" }, { r.checkgrad, r.fell, r.right })
    assert(circlet.read_file(folder .. "/train.log"):find "^loss\n %d%.%d%d%d%de[+-]0%d\n")
  end)

  it("learn digits with a convolutional net", function()
    local r = results "digits"
    assert.equal("true\ttrue", r.test)
    assert.equal("torch.LongTensor\t10\t1", r.guess)
    assert.equal("4", r.epoch)
    assert.equal("nn.Sequential\t0", r.loaded)
  end)

  it("make modules and criterions of their own", function()
    local r, text = results "autoencoder"
    assert.equal("208", r.parameters)
    assert(text:find("(3): nn.Tied(12)", 1, true), text)
    assert.same({ "true", "true", "0\ttrue" }, { r.fell, r.checkgrad, r.clone })
    assert.equal("nn.SparseCriterion\ttrue\tfalse\tnil", r.class)
  end)

  it("embed by triplets, with Lua 5.1's functions", function()
    local r = results "triplet"
    assert.same({ "true", "true", "true", "true" }, { r.shared, r.checkgrad, r.fell, r.recall })
    assert.equal("2\t2\tnil\ttrue", r.setfenv)
    assert.equal("3\t8\t2\t3.5\t1000", r.lua51)
  end)
end)

describe("Lua 5.1 under circlet.torch7", function()
  local function prints(expected, script)
    local text, ok = run("\n" .. script)
    assert(ok, text)
    assert.equal(expected, text)
  end

  it("shows whole floats without .0", function()
    prints("3\t-2\t0.5\t1e+15\tinf\n", "print(6 / 2, -2.0, 1 / 2, 1e15, math.huge)")
    prints("3 1.5x\n", "io.write(3.0, ' ', 1.5, 'x\\n')")
    prints("3 5", "io.stdout:write(string.format('%s %d', 3.0, 5.7))")
    prints("007|  2.50|%|-1\n", "print(('%03d|%6.2f|%%|%i'):format(7.9, 2.5, -1.5))")
    prints("3\tnil\t1\n", "print(tostring(3.0), tostring(nil), select('#', tostring(2)))")
  end)

  it("has the functions that later versions dropped", function()
    prints("1\t2\t3\n", "print(unpack { 1, 2, 3 })")
    prints("4\t2\t8\n", "print(table.getn { 1, 2, 3, 4 }, math.mod(8, 3), math.ldexp(1, 3))")
    prints("5\t2\tb\n", [[print(table.maxn { 1, [5] = 2 }, math.log10(100),
      table.foreachi({ 'a', 'b' }, function(i, v) if i == 2 then return v end end))]])
    prints("1\t-1\t0\n", "print(math.tanh(1000), math.tanh(-1000), math.sinh(0))")
    prints("a\nb\n", "for w in string.gfind('a b', '%a') do print(w) end")
    prints("true\n", "local r = math.random(2.5) print(r == 1 or r == 2)")
  end)

  it("gives each function an environment of its own", function()
    prints("1\tnil\ttrue\n", [[
      local function put() x = 1 end
      local function get() return x end
      local e = {}
      setfenv(put, e)
      put()
      print(e.x, get(), getfenv(get) == _G)]])
    prints("nil\t7\n", [[
      local function run() setfenv(1, { print = print, y = 7 }) print(x, y) end
      x = 1
      run()]])
    prints("9\n", "local f = setfenv(function() return 9 end, {}) print(f())")
    local text = run "\nsetfenv(print, 3)"
    assert(text:find("setfenv: a table expected", 1, true), text)
  end)
end)

describe("torch.CmdLine", function()
  local script = [[
    local cmd = torch.CmdLine()
    cmd:text 'A program'
    cmd:option('-rate', 0.1, 'step')
    cmd:option('-flag', true, 'a flag')
    cmd:option('-name', 'x', 'a name')
    cmd:argument('-data', 'a folder')
    local opt = cmd:parse(arg)
    print(opt.rate, opt.flag, opt.name, opt.data, cmd:string('run', opt, { name = true }))
  ]]

  it("reads options and arguments", function()
    assert.equal("0.1\ttrue\tx\tdir\trun\n", (run(script, "dir")))
    assert.equal("-2\tfalse\ty\tdir\trun,flag=false,rate=-2\n",
      (run(script, "-rate -2 dir -flag -name y")))
  end)

  it("shows its help, and what is wrong", function()
    local text, ok = run(script, "-help")
    assert(ok and text:find("A program\n  -rate                step [0.1]\n", 1, true), text)
    for arguments, message in pairs {
      ["dir -rate fast"] = "-rate: a number expected, got fast", [""] = "data is missing",
      ["dir -colour red"] = "-colour is no option", ["dir -name"] = "-name: a value is missing",
      ["dir more"] = "more is no option",
    } do
      text, ok = run(script, arguments)
      assert(not ok and text:find(message, 1, true), text)
    end
  end)
end)

describe("torch.Tester", function()
  it("reports what failed and raises", function()
    local text, ok = run [[
      local tester, tests = torch.Tester(), torch.TestSuite()
      function tests.Good()
        tester:eq(torch.ones(2), torch.Tensor { 1, 1 }, 'ones')
        tester:assertTensorEq(torch.ones(2), torch.Tensor { 1, 1.5 }, 0.5)
        tester:ne({ 1, { 2 } }, { 1, { 3 } })
        tester:assertlt(1, 2) tester:assertge(2, 2) tester:asserteq('a', 'a')
        tester:assertalmosteq(1, 1.01, 0.1)
        tester:assertError(function() error 'x' end)
        tester:assertErrorMsg(function() error 'this' end, 'this')
        tester:assertErrorPattern(function() error 'number 5' end, 'r %d$')
        tester:assertNoError(function() end)
      end
      function tests.Bad()
        tester:eq(1, 2, 'one is two')
        tester:eq(torch.ones(2), torch.ones(2):float(), 'types')
        tester:eq(torch.Tensor { 0 / 0 }, torch.Tensor { 1 }, 1, 'nan')
        tester:assertError(function() end, 'silent')
        tester:eq({ 1 }, { 1, 2 }, 'longer')
      end
      function tests.Broken() local x = nil; return x.y end
      function tests.Skipped() tester:assert(false, 'ran') end
      print(pcall(function() function tests.Good() end end))
      tester:add(tests):disable 'Skipped'
      print(tester:run 'Good')
      tester:run()
    ]]
    assert(not ok)
    for _, expected in ipairs {
      "torch.TestSuite: test Good exists", "Completed 11 asserts in 1 tests with 0 errors\ntrue",
      "Completed 16 asserts in 3 tests with 6 errors", "one is two: 1 and 2 differ by more than 0",
      "types: torch.DoubleTensor of 2 and torch.FloatTensor of 2", "nan: ", "longer: ",
      "silent: no error was raised", "attempt to index a nil value",
      "An error was found while running tests!",
    } do
      assert(text:find(expected, 1, true), expected .. " is not in:\n" .. text)
    end
    assert(not text:find("ran", 1, true) or not text:find("Skipped", 1, true))
  end)
end)

-- The expected results are those of real Torch7 for the same script, but for the texts of errors.
describe("files of torch", function()
  local function prints(expected, script)
    local folder, remove = files.folder()
    finally(remove)
    local text, ok = run("\nlocal path = arg[1] .. '/f'\n" .. script, shell.quote(folder))
    assert(ok, text)
    assert.equal(expected, text)
    return folder
  end

  it("hold numbers, strings and storages as text", function()
    prints("5\n1.5\nhello\n0.100000001\n1 2 3\nA\nB\n1\n7\n-3\n\n5 1.5 hello true 3\n" ..
      "65 66 true 7 -3 42\n", [[
      local f = torch.DiskFile(path, 'w')
      f:writeInt(5) f:writeDouble(1.5) f:writeString('hello\n') f:writeFloat(0.1)
      f:writeInt(torch.IntStorage { 1, 2, 3 }) f:writeChar(65) f:writeByte(66) f:writeBool(true)
      f:writeLong(7) f:writeShort(-3)
      f:close()
      print(io.open(path):read('*a'))
      f = torch.DiskFile(path)
      io.write(f:readInt(), ' ', f:readDouble(), ' ', f:readString('*l'), ' ')
      io.write(tostring(math.abs(f:readFloat() - 0.1) < 1e-7), ' ', f:readInt(3)[3], '\n')
      io.write(f:readChar(1)[1], ' ', f:readByte(), ' ', tostring(f:readBool()), ' ')
      io.write(f:readLong(), ' ', f:readShort(), ' ', f:position(), '\n')]])
    prints("1.5 2\n0.10000000000000001\nAB\nCD\n12", [[
      local f = torch.DiskFile(path, 'w')
      f:writeFloat(torch.FloatStorage { 1.5, 2 }) f:writeDouble(torch.DoubleStorage { 0.1 })
      f:writeByte(torch.ByteStorage { 65, 66 }) f:writeChar(torch.CharStorage { 67, 68 })
      f:noAutoSpacing():writeInt(1) f:writeInt(2) f:close()
      io.write(io.open(path):read('*a'))]])
  end)

  it("hold objects that share one numbering", function()
    prints("1 1 9 true x\n", [[
      for _, mode in ipairs { 'ascii', 'binary' } do
        local shared, f = { a = 1 }, torch.DiskFile(path, 'w')
        f[mode](f)
        f:writeObject(shared) f:writeObject { b = shared, t = torch.ones(2) } f:writeLong(9)
        f:writeObject('x') f:close()
        f = torch.DiskFile(path, 'r')
        f[mode](f)
        local first = f:readObject()
        local second = f:readObject()
        local long, same = f:readLong(), first == second.b
        if mode == 'binary' then
          io.write(first.a, ' ', second.t[2], ' ', long, ' ', tostring(same), ' ', f:readObject(),
            '\n')
        end
      end]])
    prints("3 abc 1 176\n12 13 line2\n", [[
      local m = torch.MemoryFile()
      m:writeInt(3) m:writeString('abc')
      assert(m:storage():size() == 6 and m:storage():string() == '3\nabc\0')
      m:seek(1)
      io.write(m:readInt(), ' ', m:readString('*a'), ' ')
      m = torch.MemoryFile('rw'):binary()
      m:writeObject { 1, torch.ones(2) }
      m:seek(1)
      io.write(m:readObject()[2][1], ' ', m:position(), '\n')
      m = torch.MemoryFile(torch.CharStorage():string('12 13\nline2\0'), 'r')
      io.write(m:readInt(), ' ', m:readInt(), ' ', m:readString('*l'), '\n')]])
  end)

  it("read either byte order and width, and refuse what they cannot write", function()
    prints("torch.DoubleTensor 1073741824\nfalse false false\n", [[
      local f = torch.DiskFile('spec/serialize/torch7/big32.t7'):binary()
      local t = f:bigEndianEncoding():longSize(4):readObject()
      print(torch.type(t.thing.weight) .. ' ' .. tostring((t.int[1] + 1) / 2))
      f = torch.DiskFile(path, 'w'):binary()
      print(tostring(pcall(f.longSize, f, 4)) .. ' ' .. tostring(pcall(f.bigEndianEncoding, f))
        .. ' ' .. tostring(pcall(f.referenced, f, false)))]])
  end)

  it("change in place, move, and run commands", function()
    prints("1 7 3\n42\n[hi]\ntorch.MemoryFile [status: open -- mode: rw]\n", [[
      local f = torch.DiskFile(path, 'w'):binary()
      f:writeInt(torch.IntStorage { 1, 2, 3 }) f:close()
      f = torch.DiskFile(path, 'rw'):binary()
      f:seek(5):writeInt(7)
      assert(f:position() == 9)
      f:seekEnd()
      assert(f:position() == 13)
      f:close()
      f = torch.DiskFile(path, 'r'):binary()
      print(f:readInt() .. ' ' .. f:readInt() .. ' ' .. f:readInt())
      print(torch.PipeFile('echo 42'):readInt())
      f = torch.PipeFile('sed "s/.*/[&]/"', 'w')
      io.stdout:flush()
      f:writeString('hi\n') f:close()
      print(torch.MemoryFile())]])
  end)

  it("raise what went wrong, or keep quiet about it", function()
    prints("nil true true false\n", [[
      local function fails(text, f, ...)
        local ok, message = pcall(f, ...)
        assert(not ok and message:find(text, 1, true), message)
      end
      fails('cannot open </nonexistent/f> in mode r', torch.DiskFile, '/nonexistent/f')
      fails('the mode is "r", "w" or "rw", got a', torch.DiskFile, path, 'a')
      local m = torch.MemoryFile(torch.CharStorage():string('5\0'), 'r')
      fails('attempt to write in a read-only file', m.writeInt, m, 1)
      m:readInt()
      fails('read error: read 0 blocks instead of 1', m.readInt, m)
      m:clearError():quiet()
      m:readInt()
      local failed = m:hasError()
      m:close()
      fails('attempt to use a closed file', m.readInt, m)
      m = torch.MemoryFile(torch.CharStorage():string('3\n1\0'), 'r')
      fails('a number expected', m.readObject, m)
      fails('must end with 0', torch.MemoryFile, torch.CharStorage():string 'x')
      local none = torch.DiskFile('/nonexistent/f', 'r', true)
      io.write(tostring(none), ' ', tostring(failed), ' ', tostring(m:hasError()), ' ')
      print(m:clearError():hasError())]])
  end)
end)

describe("the packages", function()
  it("name types as Torch7 does", function()
    local text = run [[
      local x = torch.FloatTensor(2)
      print(x:type(), torch.type(x), torch.typename(x), torch.type(3), torch.typename('a'))
      print(x:storage():type(), nn.Linear(1, 1):float():type(), torch.getdefaulttensortype())
      print(torch.isTypeOf(x, 'torch.FloatTensor'), torch.isTypeOf(nn.ReLU(), nn.Module))
      print(x:double():type() == 'torch.DoubleTensor', torch.Timer():time().real >= 0)
      print(torch.Tensor(2):zero())
    ]]
    assert.equal([[
torch.FloatTensor	torch.FloatTensor	torch.FloatTensor	number	nil
torch.FloatStorage	torch.FloatTensor	torch.DoubleTensor
true	true
true	true
 0
 0
[torch.DoubleTensor of size 2]

]], text)
  end)

  it("make classes, in packages and as globals", function()
    local text = run [[
      local A = torch.class 'A'
      function A:__init(x) self.x = x end
      function A.__add__(a, b) return A(a.x + b.x) end
      function A:__call__(y) return self.x * y end
      local B, parent = torch.class('B', 'A')
      function B:__tostring__() return 'B of ' .. self.x end
      local C = torch.class('C', 'B')
      function C:__tostring__() return 'C, ' .. B.__tostring__(self) end
      print((A(1) + B(2)).x, B(3)(2), tostring(B.new(5)), tostring(C(1)), parent == A)
      local own = {}
      torch.class('pack.D', own)
      print(own.D ~= nil, pack, torch.factory 'A'().x, torch.getmetatable 'A' == A)
      print(pcall(torch.class, 'nowhere.E'))
      print(pcall(torch.class, 'A'))
      print(pcall(torch.load, '/nonexistent.t7'))
    ]]
    assert.equal("3\t6\tB of 5\tC, B of 1\ttrue\ntrue\tnil\tnil\ttrue\n" ..
      "false\ttorch.class: nowhere.E needs a table nowhere\n" ..
      "false\tclass: A exists already\n",
      (text:match "^(.-)false\t[^\n]*nonexistent":gsub("[^\t]*lua:%d+: ", "")))
  end)

  it("know names of files", function()
    local folder, remove = files.folder()
    finally(remove)
    local text = run([[
      local d = arg[1]
      print(paths.concat('/a', 'b/../c', './d'), paths.basename('/x/y.lua', 'lua'),
        paths.dirname('/x/y.lua'), paths.dirname 'y', paths.extname 'a.tar.gz')
      print(paths.mkdir(d .. '/e/f'), paths.dirp(d .. '/e'), paths.filep(d .. '/e'))
      print(table.concat(paths.dir(d), ' '), paths.dir(d .. '/no'))
      for name in paths.iterdirs(d) do print(name) end
      print(paths.rmdir(d .. '/e/f'), paths.concat '.' == paths.cwd())
      print(sys.toc == nil, sys.execute 'echo hi', sys.clock() > 0)
      print(xlua.require 'no.such.package', require 'torch' == torch, require 'nn' == nn)
    ]], shell.quote(folder))
    assert.equal("/a/c/d\ty\t/x\t.\tgz\ntrue\ttrue\tfalse\n. .. e\tnil\ne\ntrue\ttrue\n" ..
      "false\thi\ttrue\nnil\ttrue\ttrue\n", text)
  end)
end)
