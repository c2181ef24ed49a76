local gpus = require "circlet.study.gpus"
local heartbeat = require "circlet.study.heartbeat"
local json = require "circlet.json"
local support = require "spec.study.support"
local uv = require "luv"

describe("the GPUs of workers", function()
  local folder
  before_each(function() folder = support.folder() end)
  after_each(function() support.remove(folder) end)

  it("are those that CUDA_VISIBLE_DEVICES names, up to the first that can be none", function()
    for value, names in pairs {
      ["3,5"] = { "3", "5" }, [" 1 , 0"] = { "1", "0" }, ["0"] = { "0" }, [""] = {}, ["-1"] = {},
      ["0,-1,1"] = { "0" }, ["NoDevFiles"] = {}, ["2,,3"] = { "2" },
      ["GPU-8932f937-d72c,MIG-GPU-1/2/0"] = { "GPU-8932f937-d72c", "MIG-GPU-1/2/0" },
    } do
      assert.same(names, gpus.visible(value, folder), value)
    end
  end)

  it("are numbered when the driver shows them and the variable is not set", function()
    assert.same({}, gpus.visible(nil, folder .. "/none"))
    assert.same({}, gpus.visible(nil, folder))
    for _, place in ipairs { "0000:01:00.0", "0000:41:00.0", "0000:c1:00.0" } do
      assert(uv.fs_mkdir(folder .. "/" .. place, 448))
    end
    assert.same({ "0", "1", "2" }, gpus.visible(nil, folder))
    assert.same({ "1" }, gpus.visible("1", folder))
  end)

  it("go to one worker each, and are shared evenly when there are more workers", function()
    local own = {}
    for i = 1, 7 do own[i] = gpus.free({ "a", "b", "c" }, folder, own) end
    assert.same({ "a", "b", "c", "a", "b", "c", "a" }, own)
    own[2] = nil -- has ended
    assert.equal("b", gpus.free({ "a", "b", "c" }, folder, own))
    assert.is_nil(gpus.free({}, folder, own))
  end)

  it("are not those that workers of another terminal have", function()
    assert(heartbeat.start(folder, "other-1", { gpu = "a" }))
    assert(heartbeat.start(folder, "other-2", { gpu = "b" }))
    assert(heartbeat.start(folder, "other-3"))
    assert.equal("c", gpus.free({ "a", "b", "c" }, folder, {}))
    assert.equal("a", gpus.free({ "a", "b", "c" }, folder, { x = "c" }))
    -- Nor is one counted twice whose heartbeat is there already.
    assert.equal("b", gpus.free({ "a", "b" }, folder, { ["other-1"] = "a", x = "a" }))
    -- Another machine has GPUs of its own.
    local path = folder .. "/workers/other-1.json"
    local file = assert(io.open(path))
    local fields = json.decode(file:read "a")
    file:close()
    fields.machine = fields.machine + 1
    assert(io.open(path, "w")):write(json.encode(fields)):close()
    assert.equal("a", gpus.free({ "a", "b" }, folder, {}))
    for i = 1, 3 do heartbeat.stop(folder, "other-" .. i) end
    assert.equal("a", gpus.free({ "a", "b" }, folder, {}))
    assert(uv.fs_mkdir(folder, 448)) -- the last heartbeat takes the empty folder along
  end)
end)
