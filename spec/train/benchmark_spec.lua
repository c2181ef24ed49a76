-- The paper's benchmarks on stand-ins: small folders of the shape that the data sets have. What is
-- checked is who is compared with whom, and that it is done by the library's measures.
local benchmark = require "circlet.train.benchmark"
local circlet = require "circlet"
local files = require "circlet.report.files"
local support = require "spec.plot.support"
local tiny = require "spec.train.tiny"

local function contains(output, ...)
  for _, text in ipairs { ... } do
    assert(output:find(text, 1, true), ("%q is not in:\n%s"):format(text, output))
  end
end

-- A grey image of 8 x 8 whose bytes depend on a class and on a number.
local function image(path, class, number)
  local bytes = {}
  for i = 1, 64 do bytes[i] = string.char((class * 37 + i * class * 5 + number * 3) % 256) end
  assert(files.make_folder(path:match "^(.*)/"))
  assert(files.write(path, "P5 8 8 255\n" .. table.concat(bytes)))
end

local function values(path)
  local found = {}
  for line in assert(files.read(path)):gmatch "[^\n]+" do
    local name, value = line:match '^"?(.-)"?,([^,]+)$'
    found[name] = tonumber(value)
  end
  return found
end

describe("the paper's benchmark of", function()
  local folder, out, remove, remove_out
  before_each(function()
    folder, remove = support.folder()
    out, remove_out = support.folder()
  end)
  after_each(function()
    remove()
    remove_out()
  end)

  local function run(script, ...)
    local code, output = tiny.run("paper/" .. script, "--data", folder, "--out", out, "--epochs",
      "1", "--dim", "8", "--threads", "1", ...)
    assert.equal(0, code, output)
    return output
  end

  describe("faces", function()
    before_each(function()
      for class = 1, 4 do
        for number = 1, 4 do
          image(("%s/train/Seen_%d/Seen_%d_%04d.pgm"):format(folder, class, class, number), class,
            number)
          image(("%s/test/Name_%d/Name_%d_%04d.pgm"):format(folder, class, class, number),
            class + 9, number)
        end
      end
      local lines = { "2\t2" }
      for fold = 1, 2 do
        for i = 1, 2 do lines[#lines + 1] = ("Name_%d\t%d\t%d"):format(i, fold, fold + 1) end
        for i = 1, 2 do
          lines[#lines + 1] = ("Name_%d\t%d\tName_%d\t%d"):format(i, fold, i + 1, i)
        end
      end
      assert(files.write(folder .. "/pairs.txt", table.concat(lines, "\n") .. "\n"))
    end)

    it("verifies pairs by folds and all test images against each other", function()
      local output = run("faces.lua", "--pairs", folder .. "/pairs.txt", "--size", "8",
        "--batch", "8")
      contains(output, "16 training samples, 16 test samples; conv, 8-d, m 0.25, gamma 256",
        "accuracy", "TAR at FAR 0.001, all pairs")
      local found = values(out .. "/faces.csv")
      assert(found.accuracy >= 0 and found.accuracy <= 1)
      assert(found["EER, all pairs"] >= 0)
      if support.has_gnuplot then assert.equal(640, (support.size(out .. "/faces-roc.svg"))) end
    end)

    it("gives each pair the rows of its images", function()
      local set = assert(benchmark.data.faces(folder, { size = 8, pairs = folder .. "/pairs.txt" }))
      local paths = set.test.set.paths
      assert(paths[set.pairs.first[1]]:find("Name_1_0001.pgm", 1, true))
      assert(paths[set.pairs.second[1]]:find("Name_1_0002.pgm", 1, true))
      assert(paths[set.pairs.second[4]]:find("Name_3_0002.pgm", 1, true))
      assert.same({ 1, 1, 0, 0, 1, 1, 0, 0 }, set.pairs.same:totable())
      assert.same({ 3, 8, 8 }, set.train.shape)
    end)

    it("says which image of a pair is missing", function()
      assert(files.write(folder .. "/pairs.txt", "1 1\nName_1 1 9\nName_1 1 Name_2 1\n"))
      local set, message = benchmark.data.faces(folder,
        { size = 8, pairs = folder .. "/pairs.txt" })
      assert.is_nil(set)
      contains(message, "pairs.txt:2: there is no row for Name_1 9")
    end)
  end)

  it("faces takes features, with names for pairs", function()
    circlet.manualSeed(1)
    local y = circlet.LongTensor(24)
    for i = 1, 24 do y[i] = (i - 1) % 6 end
    for _, part in ipairs { "train", "test" } do
      assert(circlet.npy.save(("%s/%s_x.npy"):format(folder, part), circlet.randn(24, 5)))
      assert(circlet.npy.save(("%s/%s_y.npy"):format(folder, part), y))
    end
    local names, lines = {}, { "2 1" }
    for i = 1, 24 do names[i] = ("N%d/N%d_%04d.jpg"):format(y[i], y[i], (i - 1) // 6 + 1) end
    assert(files.write(folder .. "/test_names.txt", table.concat(names, "\n") .. "\n"))
    for fold = 1, 2 do
      lines[#lines + 1] = ("N%d 1 2"):format(fold)
      lines[#lines + 1] = ("N%d 1 N%d 2"):format(fold, fold + 1)
    end
    assert(files.write(folder .. "/pairs.txt", table.concat(lines, "\n") .. "\n"))
    local output = run("faces.lua", "--pairs", folder .. "/pairs.txt", "--batch", "12")
    contains(output, "24 training samples, 24 test samples; linear, 8-d", "VAL at FAR 0.001")
  end)

  describe("re-identification", function()
    local names = { train = "bounding_box_train", query = "query", gallery = "bounding_box_test" }

    local function person(part, identity, camera, number)
      image(("%s/%s/%s_c%ds1_%06d_00.pgm"):format(folder, names[part],
        identity < 0 and "-1" or ("%04d"):format(identity), camera, number), identity + 3, number)
    end

    before_each(function()
      for identity = 2, 5 do
        for number = 1, 3 do person("train", identity, number, number) end
      end
      for _, identity in ipairs { 7, 9 } do
        person("query", identity, 1, 1)
        for camera = 1, 2 do person("gallery", identity, camera, 10 + camera) end
      end
      person("gallery", 0, 2, 20) -- a distractor
      person("gallery", -1, 2, 21) -- junk
    end)

    it("leaves junk out, and keeps distractors, which are nobody's answer", function()
      local set = assert(benchmark.data.reid(folder, { size = 8 }))
      assert.equal(12, set.train.labels:nElement())
      assert.equal(4, set.train.labels:max())
      assert.same({ 8, 10 }, set.query.identities:totable())
      assert.same({ 1, 8, 8, 10, 10 }, set.gallery.identities:totable())
      assert.same({ 2, 1, 2, 1, 2 }, set.gallery.cameras:totable())
      assert.same({ 1, 1 }, set.query.cameras:totable())
    end)

    it("searches the gallery without images of the query's own camera", function()
      local output = run("reid.lua", "--size", "8x8", "--batch", "2x2", "--rerank")
      contains(output, "12 training samples, 2 queries, 5 gallery samples; conv, 8-d, m 0.25, "
        .. "gamma 128", "rank-1", "re-ranked")
      local lines = {}
      for line in files.read(out .. "/reid.csv"):gmatch "[^\n]+" do lines[#lines + 1] = line end
      assert.equal(3, #lines)
      -- One right answer is left for each of the two queries: mAP and mINP are equal then.
      local fields = {}
      for field in lines[2]:gmatch "[^,]+" do fields[#fields + 1] = tonumber(field) or field end
      assert.equal(fields[5], fields[6])
      assert.same({ 2, 0 }, { fields[7], fields[8] })
    end)

    it("takes features, and finds what the measure finds", function()
      circlet.manualSeed(3)
      local save = circlet.npy.save
      local sizes = { train = 12, query = 3, gallery = 8 }
      for part, n in pairs(sizes) do
        local y, c = circlet.LongTensor(n), circlet.LongTensor(n)
        for i = 1, n do y[i], c[i] = (i - 1) % 4 - 1, (i - 1) % 3 + 1 end
        assert(save(("%s/%s_x.npy"):format(folder, part), circlet.randn(n, 6)))
        assert(save(("%s/%s_y.npy"):format(folder, part), y))
        if part ~= "train" then assert(save(("%s/%s_c.npy"):format(folder, part), c)) end
      end
      local set = assert(benchmark.data.reid(folder, {}))
      assert.equal(9, set.train.labels:nElement()) -- -1 is left out
      assert.same({ 1, 2 }, set.query.identities:totable())
      assert.same({ 2, 3 }, set.query.cameras:totable())
      assert.same({ 1, 2, 3, 1, 2, 3 }, set.gallery.identities:totable())
      contains(run("reid.lua", "--batch", "2x2"),
        "9 training samples, 2 queries, 6 gallery samples", "linear")
      os.remove(folder .. "/gallery_c.npy")
      local none, message = benchmark.data.reid(folder, {})
      assert.is_nil(none)
      contains(message, "gallery_c.npy")
    end)
  end)

  describe("fine-grained retrieval", function()
    it("trains on the first half of the classes and searches the other half", function()
      for class = 1, 6 do
        for number = 1, 4 do
          image(("%s/%03d.Bird/%d.pgm"):format(folder, class, number), class, number)
        end
      end
      local set = assert(benchmark.data.fine_grained(folder, { size = 8 }))
      assert.same({ "001.Bird", "002.Bird", "003.Bird" }, set.train.set.classes)
      assert.same({ "004.Bird", "005.Bird", "006.Bird" }, set.test.set.classes)
      local output = run("fine_grained.lua", "--size", "8", "--batch", "3x2")
      contains(output, "12 training samples, 12 test samples of 3 classes; conv, 8-d, m 0.4, gamma "
        .. "80", "recall at 8")
      local found = values(out .. "/fine_grained.csv")
      assert(found["recall at 1"] <= found["recall at 2"] and found["recall at 8"] <= 1)
      if support.has_gnuplot then support.size(out .. "/fine_grained-sheet.png") end
    end)

    it("takes the lists of Stanford Online Products", function()
      for part, first in pairs { train = 1, test = 4 } do
        local lines = { "image_id class_id super_class_id path" }
        for class = first, first + 2 do
          for number = 1, 3 do
            local path = ("chair_final/%d_%d.pgm"):format(class, number)
            image(folder .. "/" .. path, class, number)
            lines[#lines + 1] = ("%d %d 1 %s"):format(#lines, class, path)
          end
        end
        assert(files.write(("%s/Ebay_%s.txt"):format(folder, part),
          table.concat(lines, "\n") .. "\n"))
      end
      local set = assert(benchmark.data.fine_grained(folder, { size = 8 }))
      assert.is_true(set.products)
      assert.same({ "00000004", "00000005", "00000006" }, set.test.set.classes)
      assert.equal(9, set.train.labels:nElement())
      contains(run("fine_grained.lua", "--size", "8", "--batch", "3x2"), "recall at 1000")
    end)

    it("measures features as the library does", function()
      circlet.manualSeed(2)
      local y = circlet.LongTensor(20)
      for i = 1, 20 do y[i] = (i - 1) % 4 + 1 end
      for _, part in ipairs { "train", "test" } do
        assert(circlet.npy.save(("%s/%s_x.npy"):format(folder, part), circlet.randn(20, 7)))
        assert(circlet.npy.save(("%s/%s_y.npy"):format(folder, part), y))
      end
      run("fine_grained.lua", "--batch", "4x2", "--ranks", "1,3")
      local found = values(out .. "/fine_grained.csv")
      local set = assert(benchmark.data.fine_grained(folder, {}))
      local flags = { epochs = 1, learning_rate = 1e-3, seed = 1, model = "linear",
        preset = { dim = 8, seed = 1, P = 4, K = 2 }, say = function() end }
      local again = benchmark.train(set.train, circlet.presets.fine_grained, flags)
      local expected = circlet.metrics.retrieval(set.test:embed(again.model), set.test.labels,
        { k = { 1, 3 } })
      assert.equal(expected.recall[1], found["recall at 1"])
      assert.equal(expected.recall[3], found["recall at 3"])
      assert.equal(expected.map_at_r, found["MAP@R"])
    end)
  end)

  it("anything says what is missing, and refuses wrong flags", function()
    local code, output = tiny.run("paper/reid.lua", "--data", folder, "--out", out)
    assert.equal(1, code)
    contains(output, "reid: " .. folder .. ": there are no images of a class")
    code, output = tiny.run("paper/faces.lua", "--out", out)
    assert.equal(2, code)
    contains(output, "--data")
    code, output = tiny.run("paper/fine_grained.lua", "--data", folder, "--size", "3")
    assert.equal(2, code)
    contains(output, "'3' is neither pixels nor HEIGHTxWIDTH")
    assert.falsy(output:find("traceback", 1, true), output)
  end)
end)
