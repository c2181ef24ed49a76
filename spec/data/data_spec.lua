local circlet = require "circlet"
local files = require "spec.io.support"
local support = require "spec.support"

local data = circlet.data

local function images_file(n, height, width)
  local parts = { string.pack(">BBBBI4I4I4", 0, 0, 8, 3, n, height, width) }
  for i = 1, n * height * width do parts[#parts + 1] = string.char(i % 256) end
  return table.concat(parts)
end

local function labels_file(list)
  return string.pack(">BBBBI4", 0, 0, 8, 1, #list) .. string.char(table.unpack(list))
end

local function write_set(folder, train, test, separator)
  separator = separator or "-"
  for name, labels in pairs { train = train, t10k = test } do
    files.write(("%s/%s-images%sidx3-ubyte"):format(folder, name, separator),
      images_file(#labels, 2, 3))
    files.write(("%s/%s-labels%sidx1-ubyte.gz"):format(folder, name, separator),
      files.gzip(labels_file(labels)))
  end
end

describe("folders of IDX files", function()
  local folder, remove
  before_each(function() folder, remove = files.folder() end)
  after_each(function() remove() end)

  it("become train and test with labels from 1", function()
    for _, separator in ipairs { "-", "." } do
      write_set(folder, { 0, 9, 4 }, { 1 }, separator)
      local set = assert(data.idx_folder(folder))
      assert.same({ 3, 2, 3 }, set.train.images:size():totable())
      assert.equal("circlet.ByteTensor", set.train.images:type())
      assert.equal("circlet.LongTensor", set.train.labels:type())
      assert.same({ 1, 10, 5 }, set.train.labels:totable())
      assert.same({ 2 }, set.test.labels:totable())
      os.execute("rm '" .. folder .. "'/*")
    end
  end)

  it("are refused when a file is missing, cut, or does not fit the others", function()
    write_set(folder, { 0, 1 }, { 2 })
    files.refused("format", "label 1 is 2, 0..1 expected", data.idx_folder(folder, { "a", "b" }))
    files.write(folder .. "/t10k-images-idx3-ubyte", images_file(2, 2, 3))
    files.refused("format", "idx1-ubyte.gz holds 1 labels, and", data.idx_folder(folder))
    files.write(folder .. "/t10k-images-idx3-ubyte", images_file(1, 2, 3):sub(1, -2))
    files.refused("format", "t10k-images-idx3-ubyte: idx: 5 bytes", data.idx_folder(folder))
    os.remove(folder .. "/t10k-images-idx3-ubyte")
    files.refused("io", "t10k-images-idx3-ubyte.gz: No such file", data.idx_folder(folder))
  end)
end)

describe("Fashion-MNIST", function()
  it("says which package and path are missing", function()
    files.refused("io", "dataset-fashion-mnist", data.fashion_mnist "/nonexistent")
    files.refused("io", "/nonexistent/train-images-idx3-ubyte.gz: No such file",
      data.fashion_mnist "/nonexistent")
  end)

  it("is found where CIRCLET_DATA says", function()
    local folder, remove = files.folder()
    os.execute("mkdir '" .. folder .. "/fashion-mnist'")
    write_set(folder .. "/fashion-mnist", { 0, 9 }, { 1 })
    for _, root in ipairs { folder, folder .. "/fashion-mnist" } do
      assert.is_true(os.execute(([[CIRCLET_DATA='%s' lua5.4 -e '
        local set = assert(require("circlet").data.fashion_mnist())
        assert(set.train.labels[2] == 10 and #set.classes == 10)']]):format(root)))
    end
    remove()
  end)

  it("loads, whole and quickly", function()
    local start = os.clock()
    local set, message, code = data.fashion_mnist()
    if not set and code == "io" then
      pending(message)
      return
    end
    assert(set, message)
    assert(os.clock() - start < 5) -- about half a second; far from noticing a slow machine
    assert.same({ 60000, 28, 28 }, set.train.images:size():totable())
    assert.same({ 10000, 28, 28 }, set.test.images:size():totable())
    for _, part in ipairs { { set.train, 6000 }, { set.test, 1000 } } do
      local counts = {}
      for _, label in ipairs(part[1].labels:totable()) do
        counts[label] = (counts[label] or 0) + 1
      end
      for class = 1, 10 do assert.equal(part[2], counts[class]) end
    end
    assert.equal("Ankle boot", set.classes[set.train.labels[1]])
    -- mean and deviation of all training pixels are 0.2860 and 0.3530 (in 0..1)
    local x = data.normalize(set.test.images, 0.286, 0.353)
    assert.same({ 10000, 784 }, x:size():totable())
    assert(math.abs(x:mean()) < 0.01)
    assert(math.abs(x:std() - 1) < 0.01)
  end)
end)

describe("data.normalize", function()
  it("computes (pixel / 255 - mean) / std in rows or as images", function()
    local images = circlet.ByteTensor { { { 0, 51 }, { 255, 102 } }, { { 1, 2 }, { 3, 4 } } }
    local expected = {}
    for i, pixel in ipairs(support.flat(images)) do expected[i] = (pixel / 255 - 0.25) / 0.5 end
    for _, layout in ipairs(support.layouts(images)) do
      local flat = data.normalize(layout, 0.25, 0.5)
      assert.equal("circlet.FloatTensor", flat:type())
      assert.same({ 2, 4 }, flat:size():totable())
      -- three roundings of numbers below 2
      support.near(expected, support.flat(flat), 6 * 2 ^ -24)
      assert.same({ 2, 1, 2, 2 }, data.normalize(layout, 0, 1, "image"):size():totable())
    end
    assert.same({ 0, 51 }, images[1][1]:totable())
    local floats = circlet.FloatTensor { { 255 } }
    assert.equal(1, data.normalize(floats, 0, 1)[1][1])
    assert.equal(255, floats[1][1])
  end)

  it("refuses what is no scale or shape", function()
    local images = circlet.ByteTensor(1, 2, 2)
    support.raises("positive standard deviation", data.normalize, images, 0, 0)
    support.raises("positive standard deviation", data.normalize, images)
    support.raises('"flat" or "image", got cube', data.normalize, images, 0, 1, "cube")
    support.raises("3 dimensions expected, got 2", data.normalize, circlet.ByteTensor(2, 2), 0, 1,
      "image")
  end)
end)

describe("data.split_classes", function()
  local set
  before_each(function()
    set = { images = circlet.ByteTensor { { 1 }, { 2 }, { 3 }, { 4 }, { 5 } }, name = "five",
      labels = circlet.LongTensor { 3, 1, 2, 3, 1 } }
  end)

  it("keeps the samples of some classes and renumbers them", function()
    local subset, mapping = data.split_classes(set, { 3, 1 })
    assert.same({ 1, 2, 1, 2 }, subset.labels:totable())
    assert.same({ 1, 2, 4, 5 }, support.flat(subset.images))
    assert.equal("five", subset.name)
    assert.same({ [3] = 1, [1] = 2 }, mapping)
    assert.same({ 3, 1, 2, 3, 1 }, set.labels:totable())
  end)

  it("keeps labels when asked", function()
    local subset, mapping = data.split_classes(set, { 3 }, { renumber = false })
    assert.same({ 3, 3 }, subset.labels:totable())
    assert.same({ [3] = 3 }, mapping)
  end)

  it("refuses classes that are none", function()
    support.raises("class 4 has no samples", data.split_classes, set, { 1, 4 })
    support.raises("class 1 comes twice", data.split_classes, set, { 1, 1 })
    support.raises("integers >= 1, got x", data.split_classes, set, { "x" })
  end)
end)

describe("data.npy", function()
  local folder, remove
  before_each(function() folder, remove = files.folder() end)
  after_each(function() remove() end)

  local function load(labels, options)
    local features = folder .. "/x.npy"
    assert(circlet.npy.save(features, circlet.FloatTensor { { 1, 2 }, { 3, 4 }, { 5, 6 } }))
    assert(circlet.npy.save(folder .. "/y.npy", labels))
    return data.npy(features, folder .. "/y.npy", options)
  end

  it("reads features and labels, which count from 1 afterwards", function()
    local set = assert(load(circlet.IntTensor { 0, 2, 1 }))
    assert.same({ 1, 3, 2 }, set.labels:totable())
    assert.equal("circlet.LongTensor", set.labels:type())
    assert.same({ 1, 2, 3, 4, 5, 6 }, support.flat(set.features))
    assert.same({ 1, 3, 2 }, assert(load(circlet.DoubleTensor { 1, 3, 2 })).labels:totable())
    assert.same({ 2, 4, 3 }, assert(load(circlet.LongTensor { 1, 3, 2 }, { base = 0 })).labels
      :totable())
  end)

  it("refuses labels that do not fit", function()
    files.refused("format", "label 2 is 0.5", load(circlet.FloatTensor { 1, 0.5, 1 }))
    files.refused("format", "a label is -1", load(circlet.IntTensor { 1, -1, 1 }))
    files.refused("format", "a label is 0, 1 or more", load(circlet.IntTensor { 1, 0, 1 },
      { base = 1 }))
    files.refused("format", "holds 3 rows, and", load(circlet.IntTensor { 1, 1 }))
    files.refused("format", "got 2 dimensions", load(circlet.IntTensor(3, 1):fill(1)))
    files.refused("io", "No such file", data.npy(folder .. "/none", folder .. "/none"))
  end)
end)
