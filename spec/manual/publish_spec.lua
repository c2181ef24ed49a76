local files = require "circlet.report.files"
local publish = require "circlet.manual.publish"
local shell = require "circlet.report.shell"

describe("the published manual", function()
  local folder
  setup(function()
    folder = os.tmpname()
    os.remove(folder)
    assert(publish.write(folder))
  end)
  teardown(function() os.execute("rm -rf '" .. folder .. "'") end)

  it("annotates every kind of name for editors, as Lua that loads", function()
    local text = assert(files.read(folder .. "/annotations/circlet.lua"))
    assert(load(text))
    for _, wanted in ipairs {
      "---@param labels circlet.Tensor|table [B] whole numbers from 1",
      "function circlet.circle_loss(x, labels, options) end",
      "---@class nn.Linear: nn.Module\n---@overload fun(inputSize, outputSize, bias): nn.Linear",
      "function Tensor:narrow(dim, first, length) end",
      "function Tensor:exp(", "function circlet.nn.Module:forward(input) end",
    } do
      assert(text:find(wanted, 1, true), wanted)
    end
    -- Declarations make nothing but tables and functions.
    local environment = setmetatable({ circlet = nil }, { __index = function() return nil end })
    assert.equal("table", type(assert(load(text, "annotations", "t", environment))()))
  end)

  it("becomes HTML by LDoc, with arguments and examples", function()
    if not shell.has "ldoc" then return pending "ldoc is not installed" end
    assert(shell.execute(("cd '%s/source' && ldoc --quiet --config config.ld --dir ../html . "
      .. ">/dev/null 2>../log"):format(folder)))
    assert.equal("", (files.read(folder .. "/log"):gsub("reading configuration[^\n]*\n", "")))
    local page = assert(files.read(folder .. "/html/modules/losses.html"))
    assert.truthy(page:find("circlet.circle_loss", 1, true))
    assert.truthy(page:find("CVPR 2020, Eq. 4 to 6", 1, true))
    local sampler = assert(files.read(folder .. "/html/modules/data.html"))
    assert.truthy(sampler:find("Makes batch <code>b</code> of epoch", 1, true))
    assert.truthy(files.read(folder .. "/html/modules/nn.html"):find("circlet.nn.Linear", 1, true))
  end)
end)
