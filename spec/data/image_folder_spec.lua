local circlet = require "circlet"
local core = require "circlet.core"
local files = require "spec.io.support"
local pictures = require "spec.io.pictures"
local support = require "spec.support"

local data = circlet.data

-- A grey picture in which every pixel tells where it is.
local function picture(shift, width, height)
  return pictures.png(width or 6, height or 4, 0, 8, function(x, y) return 40 * x + y + shift end)
end

-- { path, bytes }, not in order.
local function some_files()
  return {
    { "b/2.png", picture(1) }, { "b/1.PNG", picture(0) },
    { "a/x.pgm", "P5 6 4 255\n" .. ("z"):rep(24) },
    { "c/deep/y.jpg", pictures.jpeg.colour }, { "c/deep/z.jpeg", pictures.jpeg.grey },
    { "a/notes.txt", "no image" }, { "a/.hidden.png", "no image" }, { "top.png", picture(5) },
  }
end

local function write_folder(list)
  local folder, clean = files.folder()
  local made = {}
  for _, file in ipairs(list) do
    local below = file[1]:match "^(.*)/[^/]*$"
    if below and not made[below] then
      assert(os.execute(("mkdir -p '%s/%s'"):format(folder, below)))
      made[below] = true
    end
    files.write(folder .. "/" .. file[1], file[2])
  end
  return folder, clean
end

-- The mean over the part of the source that a result's pixel covers: what shrinking by a whole
-- factor is close to, and for linear ramps exactly.
local function triangle(rows, i, scale)
  local centre, reach, sum, weights = (i + 0.5) * scale, math.max(scale, 1), 0, 0
  for x = 0, #rows - 1 do
    local w = math.max(0, 1 - math.abs(x + 0.5 - centre) / reach)
    sum, weights = sum + w * rows[x + 1], weights + w
  end
  return sum / weights
end

describe("image_folder", function()
  local folder, clean = write_folder(some_files())
  teardown(clean)

  it("finds images, one class a folder, in the order of their names", function()
    local set = assert(data.image_folder(folder, { size = 4 }))
    assert.same({ "a", "b", "c/deep" }, set.classes)
    assert.same({ "a/x.pgm", "b/1.PNG", "b/2.png", "c/deep/y.jpg", "c/deep/z.jpeg" }, set.paths)
    assert.same({ 1, 2, 2, 3, 3 }, set.labels:totable())
    assert.equal(5, set:size())
    assert.equal("circlet.LongTensor", circlet.type(set.labels))
    assert(tostring(set):find("5 images of 3 classes", 1, true))
  end)

  it("finds the same in an archive, whose outer folder is no part of a class", function()
    local list = some_files()
    for _, file in ipairs(list) do file[1] = "outer/" .. file[1] end
    list[#list + 1] = { "__MACOSX/outer/b/._1.png", "x" }
    table.remove(list, 8) -- top.png
    list[1].deflated = pictures.deflate(list[1][2])
    local path = folder .. "/pictures.zip"
    files.write(path, pictures.zip(list))
    local set = assert(data.image_folder(path, { size = { 4, 6 }, channels = 1 }))
    assert.same({ "a", "b", "c/deep" }, set.classes)
    local plain = assert(data.image_folder(folder .. "/", { size = { 4, 6 }, channels = 1 }))
    local images, labels, rows = assert(set:load())
    local expected = assert(plain:load())
    assert(expected:equal(images))
    assert.same({ 1, 2, 2, 3, 3 }, labels:totable())
    assert.same({ 1, 2, 3, 4, 5 }, rows:totable())
    os.remove(path)
  end)

  it("gives classes the names that a function says, and leaves out what it says", function()
    local set = assert(data.image_folder(folder, { size = 4, class = function(name, path)
      if name == "b" then return nil end
      return path:match "%.(%w+)$"
    end }))
    assert.same({ "jpeg", "jpg", "pgm" }, set.classes)
    assert.same({ 3, 2, 1 }, set.labels:totable())
  end)

  it("splits by class for open-set tests", function()
    local set = assert(data.image_folder(folder, { size = 4 }))
    local seen = set:only(function(name) return name ~= "b" end)
    assert.same({ "a", "c/deep" }, seen.classes)
    assert.same({ 1, 2, 2 }, seen.labels:totable())
    assert(seen:load():equal((set:load { 1, 4, 5 })))
    support.raises("only: no class is wanted", set.only, set, function() return false end)
  end)

  describe("loads", function()
    it("images of their own size as they are", function()
      local set = assert(data.image_folder(folder, { size = { 4, 6 }, channels = 1 }))
      local images, labels = assert(set:load { 3, 2 })
      assert.same({ 2, 1, 4, 6 }, images:size():totable())
      assert.same({ 2, 2 }, labels:totable())
      for y = 0, 3 do
        for x = 0, 5 do
          assert.equal(40 * x + y + 1, images[1][1][y + 1][x + 1])
          assert.equal(40 * x + y, images[2][1][y + 1][x + 1])
        end
      end
      local colour = assert(data.image_folder(folder, { size = { 4, 6 } })):load { 3 }
      for c = 1, 3 do assert(colour[1][c]:equal(images[1][1])) end
      assert.equal(0, (set:load {}):nElement())
      assert(images:equal((set:load(circlet.LongTensor { 3, 2 }))))
    end)

    it("images resampled by a triangle filter, all of them or their middle", function()
      local columns, rows = {}, {}
      for x = 0, 5 do columns[x + 1] = 40 * x end
      for y = 0, 3 do rows[y + 1] = y end
      for _, size in ipairs { { 2, 3 }, { 8, 12 }, { 3, 5 }, { 1, 1 }, { 4, 2 } } do
        local h, w = size[1], size[2]
        local set = assert(data.image_folder(folder,
          { size = size, channels = 1, fit = "stretch" }))
        local image = assert(set:load { 2 })[1][1]
        for y = 0, h - 1 do
          for x = 0, w - 1 do
            local want = triangle(columns, x, 6 / w) + triangle(rows, y, 4 / h)
            -- rounded once, from float32
            assert(math.abs(image[y + 1][x + 1] - want) < 0.501)
          end
        end
      end
      -- the middle 4 x 4 of 4 x 6, at its own size
      local square = assert(data.image_folder(folder, { size = 4, channels = 1 })):load { 2 }
      for y = 0, 3 do
        for x = 0, 3 do assert.equal(40 * (x + 1) + y, square[1][1][y + 1][x + 1]) end
      end
    end)

    it("the same bits with every number of threads, in blocks and in batches", function()
      local list = {}
      local some = {}
      for i = 1, 30 do some[i] = picture(i) end
      for i = 1, 600 do list[i] = { ("c%d/%03d.png"):format(i % 7, i), some[i % 30 + 1] } end
      local many, remove = write_folder(list)
      local options = { size = 5, channels = 1, crop = 0.3, flip = true, brightness = 0.4,
        contrast = 0.4, seed = 3 }
      local expected, varied
      for _, threads in ipairs { 1, 2, 5 } do
        options.threads = threads
        local set = assert(data.image_folder(many, options))
        local images, labels = assert(set:load())
        assert(labels:equal(set.labels))
        expected = expected or images
        assert(expected:equal(images))
        local parts, count = {}, 0
        for b, batch, batch_labels, rows in set:batches(data.batches(600, 64, 1, 1),
          { vary = true, ahead = threads }) do
          assert.equal(#parts + 1, b)
          assert(batch_labels:equal(set.labels:index(1, rows)))
          parts[#parts + 1], count = batch, count + batch:size(1)
        end
        assert.equal(600, count)
        local all = circlet.cat(parts, 1)
        varied = varied or all
        assert(varied:equal(all))
        for b, batch, _, rows in set:batches(data.batches(600, 64, 1, 1)) do
          assert(batch:equal(expected:index(1, rows)), b)
        end
      end
      remove()
    end)
  end)

  describe("varies images", function()
    local function batches(options, epoch, n)
      options.size, options.channels, options.fit = options.size or { 4, 6 }, 1, "stretch"
      local set = assert(data.image_folder(folder, options))
      local rows = circlet.LongTensor(n or 200):fill(2)
      local _, images = set:batches(function() return 1, rows end,
        { vary = true, epoch = epoch, ahead = 1 })()
      return images:select(2, 1)
    end

    it("by left and right, about as often as asked", function()
      local images, flipped = batches { flip = true, brightness = 0 }, 0
      for i = 1, 200 do
        local first = images[i][1][1]
        assert(first == 0 or first == 200)
        if first == 200 then flipped = flipped + 1 end
      end
      -- 200 draws of 1/2: 5 deviations of sqrt(200)/2 = 7.07
      assert(math.abs(flipped - 100) < 36, flipped)
      local all = batches { flip = 1 }
      for i = 1, 200 do assert.equal(200, all[i][1][1]) end
    end)

    it("by crops that keep the share of the area that was asked for", function()
      local images, least = batches({ crop = 0.25, size = { 1, 2 } }, 1, 500), 255
      for i = 1, 500 do
        -- halves of a crop of width w: their centres are w/2 apart, 40 a pixel, 2 pixels at least
        -- as the filter sees them
        local apart = images[i][1][2] - images[i][1][1]
        assert(apart >= 0 and apart <= 120, apart)
        least = math.min(least, apart)
      end
      assert(least < 70 and least > 40, least) -- sqrt(1/4 * 3/4) * 6 / 2 * 40 = 52 at least
      local whole = batches({ crop = 1 }, 1, 3)
      assert.equal(200, whole[1][1][6])
    end)

    it("by brightness and contrast around the mean", function()
      local bright, dark = 0, 255
      local images = batches { brightness = 0.5 }
      for i = 1, 200 do
        local v = images[i][1][3] -- 80 as it is
        assert(v >= 40 and v <= 120)
        bright, dark = math.max(bright, v), math.min(dark, v)
      end
      assert(bright > 110 and dark < 50)
      images = batches { contrast = 0.5 }
      for i = 1, 200 do -- mean 101.5: 0 goes to between 0 (cut off) and 50.75
        local low, high = images[i][1][1], images[i][4][6]
        assert(low <= 51 and high >= 152)
      end
      images = batches { brightness = 0.5 }
      assert(images:equal(batches { brightness = 0.5 }))
      assert(not images:equal(batches { brightness = 0.5, seed = 2 }))
      assert(not images:equal(batches({ brightness = 0.5 }, 2)))
    end)

    it("by saturation, which greys do not have and which keeps the grey of colours", function()
      local set = assert(data.image_folder(folder, { size = { 12, 20 }, saturation = 1 }))
      local rows, given = circlet.LongTensor { 4, 4, 4, 5 }, false
      local plain = assert(set:load(rows))
      for _, images in set:batches(function()
        given = not given
        return given and 1 or nil, rows
      end, { vary = true }) do
        assert(images[4]:equal(plain[4]))
        assert(not images[1]:equal(plain[1]))
        assert(not images[1]:equal(images[2]))
        local function grey(x)
          return 0.299 * x[1][6][8] + 0.587 * x[2][6][8] + 0.114 * x[3][6][8]
        end
        for i = 1, 3 do assert(math.abs(grey(images[i]) - grey(plain[i])) < 1) end
      end
    end)
  end)

  describe("with a broken image", function()
    local broken, remove
    setup(function()
      local list = some_files()
      list[#list + 1] = { "b/bad.png", picture(0):sub(1, -20) }
      list[#list + 1] = { "d/worse.jpg", "nothing" }
      broken, remove = write_folder(list)
    end)
    teardown(function() remove() end)

    it("fails and names it", function()
      local set = assert(data.image_folder(broken, { size = 4 }))
      local value, message, code = set:load()
      files.refused("format", "b/bad.png: png: ", value, message, code)
      assert(message:find(broken, 1, true))
      files.refused("format", "d/worse.jpg: image: neither", set:load { 7 })
      files.refused("format", "b/bad.png", set:check())
      local b = 0
      local function next_batch()
        b = b + 1
        return b, { b, b + 1 }
      end
      local batches = set:batches(next_batch)
      assert.equal(1, (batches()))
      assert.equal(2, (batches()))
      support.raises("b/bad.png", batches)
      support.raises("the loader is closed", batches)
      assert(set:load { 1, 2 })
    end)

    it("leaves it out when it is to be skipped, and tells", function()
      local set = assert(data.image_folder(broken, { size = 4, broken = "skip" }))
      local images, labels, rows = assert(set:load())
      assert.same({ 1, 2, 3, 5, 6 }, rows:totable())
      assert.same({ 1, 2, 2, 3, 3 }, labels:totable())
      assert.equal(5, images:size(1))
      assert.same({ "b/bad.png", "d/worse.jpg" }, { set.skipped[1].path, set.skipped[2].path })
      assert(set.skipped[1].message:find("bad.png: png: ", 1, true))
      set:load()
      assert.equal(2, #set.skipped)
      local checked = assert(set:check())
      assert.same({ "a", "b", "c/deep" }, checked.classes)
      assert.equal(2, #checked.skipped)
      assert((checked:load()):equal(images))
      local none, no_labels = set:load { 7, 4 }
      assert.equal(0, none:nElement() + no_labels:nElement())
      local count = 0
      for _, batch in set:batches(data.batches(set:size(), 3)) do
        count = count + (batch:dim() > 0 and batch:size(1) or 0)
      end
      assert.equal(5, count)
    end)

    it("that is gone since says so", function()
      local set = assert(data.image_folder(broken, { size = 4, class = function(name)
        return name == "d" and name or nil
      end }))
      os.remove(broken .. "/d/worse.jpg")
      files.refused("io", "worse.jpg", set:load())
      files.write(broken .. "/d/worse.jpg", "nothing")
    end)
  end)

  it("of an archive names the image that is broken in it", function()
    local path = folder .. "/bad.zip"
    local bytes = pictures.zip { { "a/1.png", picture(0) }, { "b/2.png", "nothing" } }
    files.write(path, bytes)
    local set = assert(data.image_folder(path, { size = 4 }))
    files.refused("format", "b/2.png: image: neither", set:load())
    files.write(path, (bytes:gsub("nothing", "notHing", 1)))
    set = assert(data.image_folder(path, { size = 4 }))
    files.refused("format", "b/2.png: zip: the checksum", set:load { 2 })
    files.write(path, bytes:sub(1, -5))
    files.refused("format", "bad.zip: zip: ", data.image_folder(path, { size = 4 }))
    os.remove(path)
  end)

  it("where nothing is says so", function()
    files.refused("io", "/none", data.image_folder("/none", { size = 4 }))
    local empty, remove = files.folder()
    files.refused("format", "no images of a class (0 found", data.image_folder(empty, { size = 4 }))
    files.write(empty .. "/x.png", picture(0))
    files.refused("format", "no images of a class (1 found", data.image_folder(empty, { size = 4 }))
    files.refused("format", "neither a folder nor a ZIP",
      data.image_folder(empty .. "/x.png", { size = 4 }))
    remove()
  end)

  it("refuses options that do not fit, by name", function()
    local function refuses(text, options)
      support.raises("image_folder: " .. text, data.image_folder, folder, options)
    end
    refuses("option size must be", {})
    refuses("option size must be", { size = { 3 } })
    refuses("option size must be", { size = 2.5 })
    refuses("option height must be an integer from 1 to 32768", { size = 99999 })
    refuses("there is no option sizes", { sizes = 3 })
    refuses("options must be a table, got number", 3)
    refuses("option channels must be 1 (grey) or 3 (colour), got 2", { size = 4, channels = 2 })
    refuses("option broken must be", { size = 4, broken = "ignore" })
    refuses("option fit must be", { size = 4, fit = "pad" })
    refuses("option crop must be from 0 to 1, got 0", { size = 4, crop = 0 })
    refuses("option flip must be from 0 to 1, got 2", { size = 4, flip = 2 })
    refuses("option contrast must be from 0 to 1", { size = 4, contrast = 0 / 0 })
    support.raises("image_folder: a path expected, got nil", data.image_folder)
    local set = assert(data.image_folder(folder, { size = 4 }))
    support.raises("load: there are 5 images, there is no image 6", set.load, set, { 6 })
    support.raises("load: there are 5 images, there is no image 1.5", set.load, set, { 1.5 })
    support.raises("load: rows must be a LongTensor or a list, got number", set.load, set, 3)
    support.raises("batches: an iterator of batches expected, got nil", set.batches, set)
    support.raises("there is no option varied", set.batches, set, print, { varied = true })
  end)

  it("leaves no memory behind, whichever allocation of the caller fails", function()
    local set = assert(data.image_folder(folder, { size = 4, threads = 1 }))
    assert(files.failing_allocations(function() assert(set:load { 1, 2, 5 }) end) > 5)
  end)

  it("ends loaders that nobody waits for", function()
    local set = assert(data.image_folder(folder, { size = 4 }))
    collectgarbage()
    collectgarbage()
    local before = circlet.memory()
    set:batches(data.batches(5, 1))()
    local loader = core.images.loader(set.list, set.settings.plan, 2)
    loader:request { 1, 2, 3 }
    loader:close()
    support.raises("the loader is closed", function() loader:take() end)
    collectgarbage()
    collectgarbage()
    assert.equal(before, circlet.memory())
    loader = core.images.loader(set.list, set.settings.plan, 2)
    support.raises("no images were asked for", function() loader:take() end)
  end)
end)

describe("image", function()
  it("reads one file", function()
    local folder, clean = files.folder()
    local path = folder .. "/x"
    files.write(path, picture(3))
    assert.same({ 1, 4, 6 }, assert(data.image(path)):size():totable())
    assert.same({ 3, 4, 6 }, assert(data.image(path, 3)):size():totable())
    files.write(path, "nothing")
    files.refused("format", path .. ": image: neither", data.image(path))
    clean()
    files.refused("io", "cannot read", data.image(path))
    support.raises("image: channels must be 1 (grey) or 3 (colour), got 2", data.image, path, 2)
  end)
end)
