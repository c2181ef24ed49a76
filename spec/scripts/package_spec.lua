-- What packages of circlet are made from: one version, and pages made of the program's own words.
local circlet = require "circlet"
local commands = require "circlet.commands"
local files = require "circlet.report.files"
local shell = require "circlet.report.shell"
local lfs = require "lfs"
local temporary = require "spec.io.support"

local version = files.read "core/circlet.h":match '#define CIRCLET_VERSION%s+"([^"]+)"'

describe("the version in core/circlet.h", function()
  it("is a semantic version", function()
    assert.truthy(version:find "^%d+%.%d+%.%d+$" or version:find "^%d+%.%d+%.%d+%-[%w.-]+$")
  end)

  it("is what the module and the program say", function()
    assert.equal("circlet " .. version, circlet._VERSION)
    assert.equal("circlet " .. version, shell.output "lua5.4 scripts/circlet --version")
  end)

  it("is what the changelog, the README and the rockspec say", function()
    if not files.kind "Makefile" then return pending "this is no checkout" end
    local log = files.read "CHANGELOG.md"
    assert(log:find("## Unreleased", 1, true) or log:find("## " .. version, 1, true))
    assert(files.read "README.md":find(("build/circlet-%s-x86_64.tar.gz"):format(version), 1, true))
    local rock = {}
    assert(loadfile(("circlet-%s-1.rockspec"):format(version), "t", rock))()
    assert.equal(version .. "-1", rock.version)
    local names = {}
    for name in lfs.dir "." do names[#names + 1] = name:match "%.rockspec$" end
    assert.equal(1, #names)
  end)
end)

describe("scripts/package/manual.lua", function()
  local folder, remove
  setup(function()
    folder, remove = temporary.folder()
    assert(os.execute("lua5.4 scripts/package/manual.lua " .. shell.quote(folder)))
  end)
  teardown(function() remove() end)

  it("writes a man page with the help of every command", function()
    local page = files.read(folder .. "/circlet.1")
    assert.equal(('.TH CIRCLET 1 "" "circlet %s"'):format(version), page:match "^[^\n]+")
    for _, name in ipairs(commands.names) do
      assert(page:find("\n.SS circlet " .. name .. "\n.nf\nUsage: circlet " .. name, 1, true), name)
    end
    for line in page:gmatch "[^\n]+" do -- what begins so is an order to troff
      local order = line:match "^['.](%S*)"
      assert(not order or ("TH SH SS TP B I BR RI nf fi br"):find("%f[%w]" .. order .. "%f[%W]"),
        line)
    end
  end)

  it("writes completions for bash", function()
    if not shell.has "bash" then return pending "bash is not installed" end
    local function complete(...)
      return shell.output(("bash -c '. %s; COMP_WORDS=(circlet %s); COMP_CWORD=%d; _circlet; " ..
        "echo \"${COMPREPLY[@]}\"'"):format(folder .. "/circlet.bash",
        table.concat({ ... }, " "), select("#", ...)))
    end
    assert.equal("study", complete "st")
    assert.equal("report reproduce retry", complete("study", "re"))
    assert.equal("--tensorboard", complete("study", "report", "--t"))
  end)
end)
