local circlet = require "circlet"

describe("memory that is used again", function()
  local function collect()
    collectgarbage()
    collectgarbage()
  end

  it("never belongs to two tensors", function()
    circlet.manualSeed(3)
    local live, sizes = {}, circlet.LongTensor(120):random(60000, 400000)
    local places = circlet.LongTensor(120):random(1, 12)
    for step = 1, 120 do
      local place = places[step]
      if live[place] then
        local t, value = live[place].tensor, live[place].value
        assert.equal(value, t:min())
        assert.equal(value, t:max())
        live[place] = nil
        t:set() -- gives its memory back, as the collector would
      end
      live[place] = { tensor = circlet.FloatTensor(sizes[step]):fill(step), value = step }
    end
  end)

  it("counts for nothing while nobody holds it", function()
    collect()
    local before = circlet.memory()
    local held = { circlet.FloatTensor(1 << 20) }
    assert.is_true(circlet.memory() - before >= 4 << 20)
    assert.equal(1 << 20, held[1]:nElement())
    held[1] = nil
    collect()
    assert.equal(before, (circlet.memory()))
  end)
end)
