-- The conversation, with a program in Lua in Python's place.
local files = require "circlet.report.files"
local peers = require "circlet.bench.peers"
local shell = require "circlet.report.shell"

local partner = [[
  local json = require "circlet.json"
  local function reply(t) io.write(json.encode(t), "\n") io.flush() end
  io.stderr:write("a warning\n")
  if arg[1] == "broken" then
    io.stderr:write("Traceback\nno module named torch\n")
    os.exit(1)
  end
  reply { versions = { torch = "2.x" } }
  for line in io.lines() do
    local request = json.decode(line)
    if request.op == "quit" then break
    elseif request.op == "cell" and request.B == 0 then reply { error = "ended by SIGKILL" }
    elseif request.op == "cell" then reply { seconds = 1, loss = 2, memory = json.null }
    elseif request.op == "block" and request.calls == 13 then os.exit(1)
    elseif request.op == "block" then reply { seconds = request.calls / 4 }
    else reply { ended = true } end
  end
]]

describe("a peer", function()
  local folder

  local function start(name)
    return peers.start { python = "lua5.4", script = folder .. "/partner.lua", peer = name,
      folder = folder }
  end

  before_each(function()
    folder = os.tmpname()
    os.remove(folder)
    assert(files.make_folder(folder))
    assert(files.write(folder .. "/partner.lua", partner))
  end)
  after_each(function() os.execute("rm -rf " .. shell.quote(folder)) end)

  it("says its versions, begins a cell and times blocks of calls", function()
    local peer = assert(start "eager")
    assert.same({ torch = "2.x" }, peer.versions)
    assert.equal(2, peer:begin({ B = 4 }).loss)
    assert.equal(0.75, peer:block(3))
    assert.same({ ended = true }, peer:finish())
    peer:close()
  end)

  it("that started earlier ends first", function()
    local first, second = assert(start "one"), assert(start "two")
    first:close()
    assert.equal(1, second:begin({ B = 4 }).seconds)
    second:close()
  end)

  it("that cannot start says why", function()
    assert.same({ nil, "the Python process ended: no module named torch" },
      { start "broken" })
  end)

  it("whose cell dies goes on with the next", function()
    local peer = assert(start "eager")
    assert.same({ nil, "ended by SIGKILL" }, { peer:begin { B = 0 } })
    assert.equal(2, peer:begin({ B = 4 }).loss)
    peer:close()
  end)

  it("that dies between raises an error in a block, and stays silent after it", function()
    local peer = assert(start "eager")
    peer:begin { B = 4 }
    local ok, message = pcall(peer.block, peer, 13)
    assert.is_false(ok)
    assert.equal("eager: the Python process ended: a warning", message)
    assert.same({ nil, "the Python process ended" }, { peer:begin { B = 4 } })
    peer:close()
  end)

  it("is looked for in each interpreter named", function()
    assert.is_nil(peers.find { "no-such-python", "false" })
    assert.equal("true", peers.find { "no-such-python", "true" })
  end)
end)
