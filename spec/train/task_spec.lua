local circlet = require "circlet"
local files = require "circlet.report.files"
local small_omniglot = require "spec.data.small_omniglot"
local support = require "spec.support"
local task = require "circlet.train.task"
local tiny = require "spec.train.tiny"

describe("a task", function()
  local folder
  before_each(function() folder = tiny.write(tiny.path()) end)
  after_each(function() tiny.remove(folder) end)

  it("is read from .npy files, labels from 1, bytes normalised by the training split", function()
    local t = assert(task.load(folder))
    assert.equal("closed", t.protocol)
    assert.equal(folder:match("[^/]*$"), t.name)
    assert.same({ 1, 8, 8 }, t.shape)
    assert.same({ 48, 1, 8, 8 }, t.train.inputs:size():totable())
    assert.same({ 24, 1, 8, 8 }, t.test.inputs:size():totable())
    assert.equal("circlet.FloatTensor", t.train.inputs:type())
    assert.equal(4, t.train.classes)
    assert.equal(1, t.train.labels:min())
    local values = support.flat(t.train.inputs)
    local sum, squares = 0, 0
    for _, x in ipairs(values) do sum, squares = sum + x, squares + x * x end
    -- 3072 float32 values of size 1: rounding stays far below 1e-4.
    assert.near(0, sum / #values, 1e-4)
    assert.near(1, math.sqrt(squares / (#values - 1)), 1e-4)
    assert.equal("raw pixels", t.raw_name)
    assert.equal("circlet.ByteTensor", t.test.raw:type())
    -- The test split goes through the same numbers, not its own.
    local bytes = assert(circlet.npy.load(folder .. "/test_x.npy"))
    local train = assert(circlet.npy.load(folder .. "/train_x.npy")):double()
    local expected = (bytes[1][1][1] - train:mean()) / train:std()
    assert.near(expected, t.test.inputs[1][1][1][1], 1e-4)
  end)

  it("gives the open protocol classes that were never seen", function()
    local t = assert(task.load(folder, "open"))
    assert.equal(2, t.train.classes)
    assert.equal(24, t.train.labels:nElement())
    assert.equal(2, t.test.classes)
    assert.equal(12, t.test.labels:nElement())
    local closed = assert(task.load(folder, "closed"))
    -- Classes come in turn, so the third picture is the first of class 3.
    local raw = assert(circlet.npy.load(folder .. "/test_x.npy"))
    assert.equal(3, closed.test.labels[3])
    assert.equal(1, t.test.labels[1])
    local first = t.test.inputs[1][1]
    local third = raw[3]
    -- An affine image of the same picture: differences are proportional.
    local scale = (first[1][1] - first[1][2]) / (third[1][1] - third[1][2])
    assert.near(scale * (third[5][5] - third[8][8]), first[5][5] - first[8][8], 1e-4)
  end)

  it("takes numbers that are not bytes as they are", function()
    local x = circlet.FloatTensor { { 1, 2 }, { 3, 4 } }
    local labels = circlet.LongTensor { 1, 2 }
    local t = task.new("plain", { inputs = x, labels = labels }, { inputs = x, labels = labels })
    assert.same({ 1, 2, 3, 4 }, support.flat(t.train.inputs))
    assert.equal("raw inputs", t.raw_name)
    assert.same({ 2 }, t.shape)
    t.train.inputs:fill(0)
    assert.equal(1, x[1][1]) -- a copy
  end)

  it("says what is missing", function()
    local t, message, code = task.load("/no/such/folder")
    assert.is_nil(t)
    assert.equal("/no/such/folder: there is no such data set (fashion_mnist, or a folder)", message)
    assert.equal("io", code)
    os.remove(folder .. "/test_y.npy")
    t, message, code = task.load(folder)
    assert.is_nil(t)
    assert.truthy(message:find("test_y.npy", 1, true), message)
    assert.equal("io", code)
    tiny.remove(folder)
    assert(files.make_folder(folder))
    t, message, code = task.load(folder)
    assert.is_nil(t)
    assert.truthy(message:find("images-idx3-ubyte", 1, true), message)
    assert.equal("io", code)
  end)

  it("refuses a protocol that does not exist, or does not fit", function()
    support.raises('protocol must be "closed" or "open", got half', task.load, folder, "half")
    local one = { inputs = circlet.FloatTensor { { 1 } }, labels = circlet.LongTensor { 1 } }
    support.raises("needs at least two classes", task.new, "x", one, one, { protocol = "open" })
  end)

  it("of Omniglot trains on alphabets that the test does not have", function()
    assert(files.make_folder(folder))
    small_omniglot.write(folder)
    local t = assert(task.load(folder))
    assert.equal("Omniglot", t.name)
    assert.equal("open", t.protocol)
    assert.same({ 16, 1, 28, 28 }, t.train.inputs:size():totable())
    assert.equal(4, t.train.classes)
    assert.equal(4, t.test.classes)
    assert.equal("raw pixels", t.raw_name)
  end)

  it("is read from folders of images, open where the classes differ", function()
    local function write(split, classes)
      for _, class in ipairs(classes) do
        local path = ("%s/pictures/%s/%s"):format(folder, split, class)
        assert(files.make_folder(path))
        for i = 1, 2 do
          assert(files.write(("%s/%d.png"):format(path, i), small_omniglot.drawing(class, i)))
        end
      end
    end
    write("train", { "a", "b", "c", "d" })
    write("test", { "a", "b", "c", "d" })
    local t = assert(task.load(folder .. "/pictures/"))
    assert.equal("pictures", t.name)
    assert.equal("closed", t.protocol)
    assert.same({ 8, 1, 28, 28 }, t.test.inputs:size():totable())
    assert.equal(2, assert(task.load(folder .. "/pictures", "open")).test.classes)
    write("test", { "e" })
    t = assert(task.load(folder .. "/pictures"))
    assert.equal("open", t.protocol)
    assert.equal(5, t.test.classes)
    assert(files.write(folder .. "/pictures/test/e/3.png", "nothing"))
    local none, message, code = task.load(folder .. "/pictures")
    assert.is_nil(none)
    assert.truthy(message:find("e/3.png", 1, true))
    assert.equal("format", code)
  end)
end)
