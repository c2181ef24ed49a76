local circlet = require "circlet"
local files = require "spec.io.support"
local pictures = require "spec.io.pictures"
local omniglot = require "spec.data.small_omniglot"

describe("omniglot", function()
  local folder, clean
  before_each(function() folder, clean = files.folder() end)
  after_each(function() clean() end)

  it("splits alphabets so that no tested one is trained on, from archives", function()
    omniglot.write(folder)
    local set = assert(circlet.data.omniglot(folder))
    assert.same({ "Balinese", "Korean" }, set.train.alphabets)
    assert.same({ "Latin", "Sanskrit" }, set.test.alphabets)
    assert.same({ "Balinese/character01", "Balinese/character02", "Korean/character01",
      "Korean/character02" }, set.train.classes)
    assert.equal(16, set.train.labels:nElement())
    assert.equal(4, set.train.labels:max())
    assert.same({ 16, 28, 28 }, set.train.images:size():totable())
    assert.equal(255, set.test.images:max()) -- ink
    assert.equal(0, set.test.images[1][1][1]) -- paper
    assert.same({ 16, 10, 10 },
      assert(circlet.data.omniglot(folder, { size = 10 })).test.images:size():totable())
  end)

  it("reads what the archives unpack to alike", function()
    omniglot.write(folder)
    local expected = assert(circlet.data.omniglot(folder))
    local name = folder .. "/images_background_small1"
    for _, class in ipairs(omniglot.first) do
      assert(os.execute(("mkdir -p '%s/%s'"):format(name, class)))
      for i = 1, 4 do
        files.write(("%s/%s/%02d.png"):format(name, class, i), omniglot.drawing(class, i))
      end
    end
    os.remove(name .. ".zip")
    local got = assert(circlet.data.omniglot(folder))
    assert(got.train.images:equal(expected.train.images))
    assert.same(expected.train.classes, got.train.classes)
  end)

  it("says what is missing or broken", function()
    files.refused("io", "images_background_small1.zip", circlet.data.omniglot(folder))
    omniglot.write(folder)
    files.write(folder .. "/images_background_small2.zip",
      pictures.zip { { "x/A/character01/1.png", "nothing" } })
    files.refused("format", "character01/1.png: image: ", circlet.data.omniglot(folder))
  end)
end)
