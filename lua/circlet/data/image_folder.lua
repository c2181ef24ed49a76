--- Images in a folder for each class, PNG, JPEG, PGM and PPM, on the disk or in a ZIP archive.
--
--     local set = assert(data.image_folder("photos", { size = 64 }))
--     local images, labels = assert(set:load())                  -- all, ByteTensor [N, 3, 64, 64]
--
--     local sampler = data.PKSampler(set.labels, 16, 4)
--     for b, images, labels in set:batches(sampler:epoch(1), { vary = true, epoch = 1 }) do ... end
--
-- A set has labels (LongTensor [N], from 1), classes (names, sorted: label c is classes[c]), paths
-- (as they are found below the folder or in the archive), size() and
--   load([rows])          images and labels of rows (a LongTensor or a list; default all), now
--   batches(iterator)     batches that are loaded by threads of their own while others are used
--   only(wanted)          a set of the classes for which wanted(name) is true, numbered anew
--   check()               loads everything once and leaves out, or reports, what cannot be
--   contents()            what data.hash() is over
--   skipped               list of { path, message }: images left out so far
local core = require "circlet.core"
local image_paths = require "circlet.data.image_paths"
local lfs = require "lfs"

local ImageFolder = {}
ImageFolder.__index = ImageFolder

local BLOCK = 256 -- images that load() asks for at a time
local MOST = 2 ^ 20 -- images in a batch: its draws are numbered by epoch, batch and image

local plan_options = { "fit", "crop", "flip", "brightness", "contrast", "saturation", "seed" }
local known = { size = true, channels = true, broken = true, class = true, threads = true }
for _, name in ipairs(plan_options) do known[name] = true end

local function fail(level, message, ...)
  error("image_folder: " .. message:format(...), level + 1)
end

local function check_names(options, allowed, level)
  if options ~= nil and type(options) ~= "table" then
    fail(level + 1, "options must be a table, got %s", type(options))
  end
  for name in pairs(options or {}) do
    if not allowed[name] then fail(level + 1, "there is no option %s", tostring(name)) end
  end
  return options or {}
end

-- size = n or { height, width }
local function read_size(size)
  local height, width = size, size
  if type(size) == "table" then height, width = size[1], size[2] end
  height, width = math.tointeger(height), math.tointeger(width)
  if not height or not width or height < 1 or width < 1 then
    fail(4, "option size must be a number of pixels, or {height, width}")
  end
  return height, width
end

-- What decoding, fitting and varying needs, but for the size.
local function read_plan(options)
  local plan = { channels = options.channels or 3 }
  if plan.channels ~= 1 and plan.channels ~= 3 then
    fail(3, "option channels must be 1 (grey) or 3 (colour), got %s", tostring(plan.channels))
  end
  for _, name in ipairs(plan_options) do plan[name] = options[name] end
  plan.flip = plan.flip == true and 0.5 or plan.flip or nil
  return plan
end

-- A set of these entries ({ path, class, index }), whose classes are numbered here.
local function make(entries, kind, source, settings)
  local seen, self = {}, setmetatable({}, ImageFolder)
  self.classes, self.paths, self.skipped, self.noted = {}, {}, {}, {}
  self.entries, self.kind, self.source, self.settings = entries, kind, source, settings
  for _, entry in ipairs(entries) do
    if not seen[entry.class] then
      seen[entry.class] = true
      self.classes[#self.classes + 1] = entry.class
    end
  end
  table.sort(self.classes)
  for label, name in ipairs(self.classes) do seen[name] = label end
  local labels, where = {}, {}
  for i, entry in ipairs(entries) do
    labels[i], self.paths[i] = seen[entry.class], entry.path
    where[i] = kind == "archive" and entry.index or source .. "/" .. entry.path
  end
  self.labels = core.LongTensor(labels)
  local message, code
  self.list, message, code = core.images.list(kind == "archive" and source or nil, where)
  if not self.list then return nil, message, code end
  return self
end

--- How many images the set has.
function ImageFolder:size() return #self.entries end

--- What tells whether two sets are the same without reading their images: classes, paths and
-- options, and of each image its CRC in the archive or its size in bytes (-1: it cannot be seen).
function ImageFolder:contents()
  local marks = {}
  for i, entry in ipairs(self.entries) do
    marks[i] = entry.crc or lfs.attributes(self.source .. "/" .. entry.path, "size") or -1
  end
  return { classes = self.classes, labels = self.labels, paths = self.paths, marks = marks,
           plan = self.settings.plan }
end

-- A loader and the plan that it follows.
local function new_loader(self)
  local settings = self.settings
  return core.images.loader(self.list, settings.plan, settings.threads or core.getnumthreads())
end

local function to_list(self, rows, name)
  if rows == nil then
    local all = {}
    for i = 1, #self.entries do all[i] = i end
    return all
  end
  local given, list = core.isTensor(rows) and rows:totable() or rows, {}
  if type(given) ~= "table" then
    error(("%s: rows must be a LongTensor or a list, got %s"):format(name, type(rows)), 3)
  end
  for i, row in ipairs(given) do
    list[i] = math.tointeger(row)
    if not list[i] or row < 1 or row > #self.entries then
      error(("%s: there are %d images, there is no image %s"):format(name, #self.entries,
        tostring(row)), 3)
    end
  end
  return list
end

-- Keeps a failure in mind, an image once.
local function note(self, row, failure)
  local path = self.paths[row]
  if self.noted[path] then return end
  self.noted[path] = true
  self.skipped[#self.skipped + 1] = { path = path, message = failure.message }
end

-- What a loader made of the rows: images, labels, rows; those that failed are left out or, when
-- they are fatal, nil, message, code.
local function taken(self, loader, rows)
  local images, failures = loader:take()
  local kept, places = {}, {}
  for i, row in ipairs(rows) do
    local failure = failures and failures[i]
    if failure and self.settings.broken == "fail" then return nil, failure.message, failure.code end
    if failure then note(self, row, failure) end
    if not failure then kept[#kept + 1], places[#places + 1] = row, i end
  end
  if #kept == 0 then return images.new(), core.LongTensor(), core.LongTensor() end
  if #kept < #rows then images = images:index(1, core.LongTensor(places)) end
  local where = core.LongTensor(kept)
  return images, self.labels:index(1, where), where
end

--- Loads images: rows, a LongTensor or a list of numbers from 1; by default all, in order.
-- Returns images (ByteTensor [n, channels, height, width]), labels and rows (LongTensors [n]):
-- fewer than asked for when broken ones are skipped. Returns nil, message, code when one is broken
-- and the set was made with broken = "fail". Raises for rows that there are not.
function ImageFolder:load(rows)
  rows = to_list(self, rows, "load")
  if #rows == 0 then return core.ByteTensor(), core.LongTensor(), core.LongTensor() end
  local plan, loader <close> = self.settings.plan, new_loader(self)
  local images = core.ByteTensor(#rows, plan.channels, plan.height, plan.width)
  local labels, kept, count = core.LongTensor(#rows), core.LongTensor(#rows), 0
  local parts = {}
  for first = 1, #rows, BLOCK do
    parts[#parts + 1] = table.move(rows, first, math.min(first + BLOCK - 1, #rows), 1, {})
    if #parts <= 2 then loader:request(parts[#parts]) end
  end
  for p, part in ipairs(parts) do
    local some, some_labels, some_rows = taken(self, loader, part)
    if not some then return nil, some_labels, some_rows end
    if parts[p + 2] then loader:request(parts[p + 2]) end
    local n = some:dim() > 0 and some:size(1) or 0
    if n > 0 then
      images:narrow(1, count + 1, n):copy(some)
      labels:narrow(1, count + 1, n):copy(some_labels)
      kept:narrow(1, count + 1, n):copy(some_rows)
      count = count + n
    end
  end
  if count == #rows then return images, labels, kept end
  if count == 0 then return images.new(), labels.new(), kept.new() end
  return images:narrow(1, 1, count):clone(), labels:narrow(1, 1, count):clone(),
    kept:narrow(1, 1, count):clone()
end

local batch_options = { vary = true, epoch = true, ahead = true }

--- Loads the batches of an iterator that yields a number and rows, such as sampler:epoch(1) or
-- data.batches(...): yields the number, images, labels and rows, as load() returns them. Further
-- batches are read from the iterator and loaded by other threads meanwhile.
-- options.vary: crop, flip, brightness, contrast and saturation of the set; each draw depends on
-- the set's seed, options.epoch (default 1), the number of the batch and the place in it, and on
-- nothing else. options.ahead: batches in the making, default 2.
-- A broken image raises its message when the set was made with broken = "fail".
function ImageFolder:batches(iterator, options)
  options = check_names(options, batch_options, 2)
  if type(iterator) ~= "function" then
    error("batches: an iterator of batches expected, got " .. type(iterator), 2)
  end
  local epoch, ahead = math.tointeger(options.epoch or 1), math.tointeger(options.ahead or 2)
  if not epoch or epoch < 0 or not ahead or ahead < 1 then
    error("batches: epoch must be an integer from 0 up, and ahead from 1 up", 2)
  end
  local loader, waiting, ended = new_loader(self), {}, false
  local function ask()
    if ended then return end
    local b, rows = iterator()
    if b == nil then
      ended = true
      return
    end
    rows = to_list(self, rows, "batches")
    if #rows > MOST then error(("batches: at most %d images in a batch"):format(MOST), 0) end
    loader:request(rows, options.vary and epoch << 40 | b << 20 or nil)
    waiting[#waiting + 1] = { b, rows }
  end
  for _ = 1, ahead do ask() end
  return function()
    local batch = table.remove(waiting, 1)
    if not batch then
      loader:close()
      return nil
    end
    local images, labels, rows = taken(self, loader, batch[2])
    if not images then
      loader:close()
      error(labels, 0)
    end
    ask()
    return batch[1], images, labels, rows
  end
end

--- A set of the classes for which wanted(name) is true, numbered from 1 in the old order: the split
-- of an open-set test is two such sets. Raises when there are none.
function ImageFolder:only(wanted)
  local kept = {}
  for _, entry in ipairs(self.entries) do
    if wanted(entry.class) then kept[#kept + 1] = entry end
  end
  if #kept == 0 then error("only: no class is wanted", 2) end
  return make(kept, self.kind, self.source, self.settings)
end

--- Loads every image once. With broken = "skip" returns a set without the broken ones (of which
-- its `skipped` tells), with "fail" the set itself, or nil, message, code.
function ImageFolder:check()
  local good = {}
  for first = 1, #self.entries, BLOCK do
    local rows = {}
    for i = first, math.min(first + BLOCK - 1, #self.entries) do rows[#rows + 1] = i end
    local images, message, kept = self:load(rows)
    if not images then return nil, message, kept end
    for _, row in ipairs(kept:nElement() > 0 and kept:totable() or {}) do
      good[#good + 1] = self.entries[row]
    end
  end
  if #good == #self.entries then return self end
  if #good == 0 then return nil, self.skipped[1].message, "format" end
  local checked, message, code = make(good, self.kind, self.source, self.settings)
  if checked then checked.skipped, checked.noted = self.skipped, self.noted end
  return checked, message, code
end

function ImageFolder:__tostring()
  return ("data.image_folder(%d images of %d classes, %s)"):format(#self.entries, #self.classes,
    self.source)
end

--- Finds the images below the folder, or in the ZIP archive, at `path`: files that end in .png,
-- .jpg, .jpeg, .pgm, .ppm or .pnm. Nothing is decoded yet. Options:
--   size         required: pixels, n or { height, width }, that images are brought to
--   channels     3 (default, colour) or 1 (grey)
--   fit          "cover" (default): the largest middle part of that shape; "stretch": everything
--   class        function (name, path): another name for an image's class, nil to leave it out;
--                `name` is the image's folder, without what all folders have in front
--   broken       "fail" (default): an image that cannot be decoded is an error that names its path;
--                "skip": it is left out and noted in set.skipped
--   threads      that load images, default circlet.getnumthreads(); nothing depends on it
-- and for batches(..., { vary = true }), drawn for each image:
--   crop         least share of the area (0 to 1) that a crop of shape 3/4 to 4/3 keeps, default 1
--   flip         chance of left and right changing places, true is 0.5; default 0
--   brightness, contrast, saturation    factors from 1 - x to 1 + x, 0 to 1, default 0
--   seed         default 1; circlet's own generator is left alone
-- Images are resampled by a triangle filter, antialiased, and rounded once. Transparency is left
-- out; 16 bits become 8. Archives: stored and deflated files, up to 65,534 and 4 GB.
-- Returns the set; or nil, message, "io" or "format". Raises for options that do not fit.
-- @param path string a folder or a ZIP archive
-- @param options table
-- @return table set labels, classes; load, batches, only, check
-- @error Returns nil, message, "io" or "format"; raises for options that do not fit.
-- @example
-- report.files.make_folder "photos/cat"
-- circlet.write_file("photos/cat/1.pgm", "P5 2 2 255\nabcd")
-- local set = data.image_folder("photos", { size = 4, channels = 1 })
-- set.classes[1], set:load(circlet.LongTensor { 1 }):size()    --> cat  {1, 1, 4, 4}
return function(path, options)
  if type(path) ~= "string" then fail(2, "a path expected, got %s", type(path)) end
  options = check_names(options, known, 2)
  if options.broken ~= nil and options.broken ~= "fail" and options.broken ~= "skip" then
    fail(2, 'option broken must be "fail" or "skip", got %s', tostring(options.broken))
  end
  local plan = read_plan(options)
  plan.height, plan.width = read_size(options.size)
  -- A loader of nothing, for its checks of the plan.
  core.images.loader(assert(core.images.list(nil, {})), plan, options.threads or 1):close()
  local entries, kind, code = image_paths.find(path:gsub("(.)/+$", "%1"), options.class)
  if not entries then return nil, kind, code end
  return make(entries, kind, (path:gsub("(.)/+$", "%1")),
    { plan = plan, broken = options.broken or "fail", threads = options.threads })
end
