local kills = require "spec.study.kills"
local support = require "spec.study.support"

describe("a study that is killed again and again", function()
  it("loses no complete trial, runs none twice, and comes to the same end", function()
    local folder = support.folder()
    finally(function() support.remove(folder) end)
    assert(kills.run { folder = folder, rounds = 12, trials = 60, seed = 1 })
  end)
end)
