local csv = require "circlet.report.csv"
local files = require "circlet.report.files"
local shell = require "circlet.report.shell"
local lfs = require "lfs"
local support = require "spec.support"

local folder

local function names(path)
  local list = {}
  for name in lfs.dir(path) do
    if name:sub(1, 1) ~= "." then list[#list + 1] = name end
  end
  table.sort(list)
  return table.concat(list, " ")
end

describe("files", function()
  before_each(function()
    folder = os.tmpname()
    os.remove(folder)
    assert(files.make_folder(folder .. "/a/b"))
  end)
  after_each(function() os.execute("rm -rf " .. shell.quote(folder)) end)

  it("makes folders, and is content with those that stand", function()
    assert.equal("directory", files.kind(folder .. "/a/b"))
    assert.is_true(files.make_folder(folder .. "/a/b/"))
    assert.is_nil(files.kind(folder .. "/c"))
  end)

  it("says which folder cannot be made", function()
    assert(files.write(folder .. "/plain", "x"))
    local ok, message, code = files.make_folder(folder .. "/plain/sub")
    assert.is_nil(ok)
    assert.truthy(message:find("cannot make the folder " .. folder .. "/plain", 1, true), message)
    assert.equal("io", code)
  end)

  it("replaces a file whole and leaves nothing else behind", function()
    local path = folder .. "/a/x"
    assert(files.write(path, "one"))
    assert(files.write(path, "two\0\n"))
    assert.equal("two\0\n", files.read(path))
    assert.equal("b x", names(folder .. "/a"))
  end)

  it("returns nil, message, code where it cannot write or read", function()
    local ok, message, code = files.write(folder .. "/none/x", "y")
    assert.is_nil(ok)
    assert.truthy(message:find("cannot write " .. folder .. "/none/x", 1, true), message)
    assert.equal("io", code)
    ok, message, code = files.write(folder .. "/a/b", "y") -- a folder stands there
    assert.is_nil(ok)
    assert.truthy(message:find("cannot write", 1, true), message)
    assert.equal("io", code)
    assert.equal("b", names(folder .. "/a"))
    ok, message, code = files.read(folder .. "/none")
    assert.is_nil(ok)
    assert.truthy(message:find("/none", 1, true), message)
    assert.equal("io", code)
  end)
end)

describe("csv", function()
  it("quotes what needs it and keeps every digit", function()
    assert.equal('name,x,note\r\n"a ""b"", c",0.30000000000000004,\r\n,64,"two\nlines"\r\n',
      (csv.encode({ "name", "x", "note" }, {
        { name = 'a "b", c', x = 0.1 + 0.2 },
        { x = 64, note = "two\nlines" },
      }):gsub("([^o])\n", "%1\r\n")))
  end)

  it("writes a file in one step", function()
    local path = os.tmpname()
    finally(function() os.remove(path) end)
    assert(csv.write(path, { "a" }, { { a = 1 } }))
    assert.equal("a\n1\n", files.read(path))
    local ok, message, code = csv.write("/nowhere/x.csv", { "a" }, {})
    assert.is_nil(ok)
    assert.truthy(message:find("cannot write /nowhere/x.csv", 1, true), message)
    assert.equal("io", code)
  end)
end)

describe("the shell", function()
  it("hands words on as they are", function()
    assert.equal("it's $HOME `x`", shell.output("printf %s " .. shell.quote("it's $HOME `x`")))
  end)

  it("raises the interrupt that ended the program it called", function()
    support.raises("interrupted!", shell.execute, "kill -INT $$")
    support.raises("interrupted!", shell.output, "kill -INT $$")
    support.raises("interrupted!", shell.run, { "sh", "-c", "kill -INT $PPID; sleep 1" })
    assert.is_false(shell.execute("kill -TERM $$"))
  end)

  it("returns what a program writes, or nil when it fails", function()
    assert.equal("a\nb", shell.output("printf 'a\\nb\\n'"))
    assert.is_nil(shell.output("exit 3"))
    assert.is_true(shell.has("sh"))
    assert.is_false(shell.has("no-such-program-anywhere"))
    assert.is_true(shell.run { "true" })
    local ok, message = shell.run { "sh", "-c", "echo sorry >&2; exit 1" }
    assert.is_nil(ok)
    assert.equal("sorry\n", message)
  end)
end)
