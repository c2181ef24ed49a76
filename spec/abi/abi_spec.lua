-- libcirclet.so: a plain C program compiled against core/circlet.h, LuaJIT on plain arrays and on
-- tensors, and the symbols that the library exports.
local circlet = require "circlet"
local files = require "spec.io.support"
local shell = require "circlet.report.shell"
local support = require "spec.support"

local library = require "spec.abi.support"
local build = library.build

-- The output of a command as { first word = rest }; raises when it fails.
local function words(command)
  local pipe = io.popen(command .. " 2>&1")
  local text = pipe:read "a"
  assert(pipe:close(), text)
  local found = {}
  for line in text:gmatch "[^\n]+" do
    local name, rest = line:match "^(%S+) ?(.*)$"
    found[name] = rest
  end
  return found, text
end

local function numbers(text)
  local list = {}
  for word in text:gmatch "%S+" do list[#list + 1] = tonumber(word) end
  return list
end

local B, D, C = 6, 3, 2
local x, w = circlet.DoubleTensor(B, D), circlet.DoubleTensor(C, D)
for i = 1, B do
  for j = 1, D do x[i][j] = math.sin(1 + 3 * (i - 1) + j - 1) end
end
for i = 1, C * D do w:view(-1)[i] = math.cos(2 + i - 1) end
local labels = circlet.LongTensor { 1, 2, 1, 2, 1, 2 }

local function same(text, tensor) support.near(support.flat(tensor), numbers(text), 1e-15) end

-- What the program prints of the other losses.
local function family(r)
  for _, name in ipairs { "circle", "unified", "multi_similarity", "contrastive", "triplet_hard",
    "triplet_all", "lifted", "generalized_lifted", "supcon", "nt_xent", "margin",
    "proxy_anchor" } do
    local input = (name == "margin" or name == "proxy_anchor") and { x, x:narrow(1, 1, C) } or x
    local loss, parameter = r["loss_" .. name]:match "^(%S+) (%S+)$"
    assert.near((circlet[name .. "_loss"](input, labels)), tonumber(loss), 1e-15, name)
    assert(pcall(circlet[name .. "_loss"], input, labels, { [parameter] = 1 }), parameter)
  end
  assert.equal("through_alpha measure 1 1 -1", r.loss_names)
  same(r.loss_each, (circlet.unified_loss(x, labels, { gamma = 8, reduction = "none" })))
  assert.equal("1 1 1", r.loss_init)
  local prefix = "1 circlet_loss_forward: "
  for name, message in pairs {
    size = "options must have been set by circlet_loss_init",
    number = "options must have been set by circlet_loss_init",
    variant = "option variant must be from 0 to 0, got 1",
    reduction = "option reduction must be from 0 to 4, got 5",
    positives = "option positives must be from 0 to 2, got 3",
    hardest = "hardest_negatives must be an integer >= 1, got -1",
    gamma = "gamma must be a number > 0, got 0",
    several = "queries->labels must be at least 1 a row, got 0",
    own = "gamma must be a number > 0, got -1 at element 3",
    facts = "facts->size must be set to the structure's size, got 8",
  } do
    assert.equal(prefix .. message, r["loss_" .. name], name)
  end
end

describe("core/circlet.h", function()
  it("serves a plain C program as the module serves Lua", function()
    if not shell.has "gcc" then return pending "gcc is not installed" end
    local folder, remove = files.folder()
    finally(remove)
    local program = shell.quote(folder .. "/program")
    words(("gcc -std=c99 -Wall -Wextra -pedantic -Werror spec/abi/program.c -o %s %s -lcirclet -lm")
      :format(program, library.flags))
    local r = words(program)
    assert.equal("[]", r.quiet)
    local loss, gradient, facts = circlet.circle_loss(x, labels, { gamma = 8 })
    assert.equal(loss, tonumber(r.self))
    same(r.self_gradient, gradient)
    same(r.dl_gradient, gradient)
    assert.equal("77 77", r.gap) -- what stands between rows is left alone
    assert.same({ facts.n_anchors, facts.n_valid, facts.n_positive, facts.n_negative, facts.mean_sp,
      facts.mean_sn }, numbers(r.facts))
    local each = circlet.circle_loss({ x, w }, { labels, circlet.LongTensor { 1, 2 } },
      { gamma = 8, reduction = "none" })
    local sum, gradients = circlet.circle_class_loss({ x, w }, labels,
      { gamma = 8, reduction = "sum" })
    assert.equal(sum, tonumber(r.class))
    same(r.class_gradient, gradients[2] * 0.5)
    local single, single_gradient = circlet.circle_loss(x:float(), labels)
    assert.equal(single, tonumber(r.float))
    same(r.float_gradient, single_gradient)
    local given, given_gradients = circlet.circle_similarity_loss({ x:narrow(2, 1, 2),
      x:narrow(2, 2, 2) }, { gamma = 8 })
    assert.equal(given, tonumber(r.given))
    same(r.given_p, given_gradients[1])
    same(r.given_n, given_gradients[2])
    assert.equal("0 0", r.none)
    assert.equal(6, each:nElement())
    local prefix = "1 circlet_pair_forward: "
    for name, message in pairs {
      type = prefix .. "type must be CIRCLET_FLOAT (0) or CIRCLET_DOUBLE (1), got 2",
      data = prefix .. "queries->data must not be NULL",
      stride = prefix .. "queries->row_stride must be at least 3, got 2",
      rows = prefix .. "queries must have sizes >= 0, got -1 x 3",
      labels = prefix .. "queries->labels must not be NULL",
      null = prefix .. "queries must not be NULL",
      size = prefix .. "options must have been set by circlet_options_init, their size is 8",
      choice = prefix .. "option similarity must be from 0 to 2, got 3",
      each = prefix .. "losses must not be NULL for CIRCLET_NONE",
      backward = "1 circlet_pair_backward: a forward pass must come first",
      out = "1 circlet_pair_backward: grad_queries must be 6 x 3, got 6 x 2",
      refs = "1 circlet_pair_backward: the forward pass had no references",
      dl_rows = "1 1 6 5 1", dl_new = "1 1 3 1", dl_bare = "1", dl_nowhere = "1 1",
      dl_read_only = "1 circlet_dlpack_matrix: the memory is read-only",
      dl_version = "1 circlet_dlpack_rows: version 2 of DLPack, 1 expected",
      dl_type = "1 circlet_dlpack_rows: tensor must be float32 or float64, got Long",
      dl_dims = "1 circlet_dlpack_rows: tensor must have 2 dimensions, got 1",
      dl_strides = "1 circlet_dlpack_rows: elements of a row must be adjacent, strides are 1 and 6",
      dl_labels = "1 circlet_dlpack_rows: labels must be 6 adjacent int64",
      dl_null = "1 circlet_dlpack_rows: tensor must not be NULL",
      dl_size = "1 circlet_dlpack_new: sizes must be >= 0, got -1 x 2",
      dl_kind = "1 circlet_dlpack_new: type must be CIRCLET_FLOAT (0) or CIRCLET_DOUBLE (1), got 2",
      interrupt = "5 interrupted", init = "1 1 1", threads = "2",
    } do
      assert.equal(message, r[name], name)
    end
    family(r)
    for name, text in pairs { huge = "beyond all memory", zero = "element 3", gamma = "gamma" } do
      assert(r[name]:find("1 circlet_pair_forward", 1, true), r[name])
      assert(r[name]:find(text, 1, true), r[name])
    end
  end)

  it("exchanges tensors with NumPy by DLPack", function()
    if library.sanitized then return pending "Python has no runtime of a sanitizer" end
    local python, why = library.numpy()
    if not python then return pending(why) end
    local r = words(("%s spec/abi/dlpack.py %s/libcirclet.so"):format(python, shell.quote(build)))
    local loss, gradient = circlet.circle_loss(x, labels, { gamma = 256 })
    assert.near(1, loss / tonumber(r.loss), 1e-12) -- sines of NumPy's own
    support.near(support.flat(gradient), numbers(r.gradient), 1e-9)
    assert.equal("True True True", r.shared)
    assert.equal("True", r.kept)
    assert.equal("1 circlet_dlpack_matrix: the memory is read-only", r.read_only)
  end)

  it("names exactly what the library exports", function()
    if not shell.has "nm" then return pending "nm is not installed" end
    local header = circlet.read_file "core/circlet.h":gsub("/%*.-%*/", "")
    local documented, exported = {}, {}
    for name in header:gmatch "\nCIRCLET_API [^;(]-([%w_]+)%(" do
      documented[#documented + 1] = name
    end
    local _, text = words(("nm -D --defined-only %s/libcirclet.so"):format(shell.quote(build)))
    for name in text:gmatch "[^\n]* (%S+)\n" do
      if not name:find "^__" then exported[#exported + 1] = name end -- a sanitizer's own
    end
    table.sort(documented)
    table.sort(exported)
    assert.equal(23, #documented)
    assert.same(documented, exported)
  end)

  it("is what circlet.ffi declares", function()
    local function plain(text)
      return (text:gsub("/%*.-%*/", ""):gsub("CIRCLET_API ", ""):gsub("%s+", " "))
    end
    local header = plain(circlet.read_file "core/circlet.h")
    local declared = plain(circlet.read_file "lua/circlet/ffi.lua":match "ffi%.cdef %[%[(.-)%]%]")
    local count = 0
    for statement in declared:gmatch " ?([^;{}]*{[^}]*}[^;]*;)" do
      assert(header:find(statement:gsub("^ ", ""), 1, true), statement)
      count = count + 1
    end
    for statement in declared:gmatch "[^;{}]*%b();" do
      assert(header:find(statement:gsub("^ ", ""), 1, true), statement)
      count = count + 1
    end
    assert.equal(6 + 17, count)
    assert.equal(header:match "CIRCLET_ABI_VERSION (%d+)",
      circlet.read_file "lua/circlet/ffi.lua":match "local ABI = (%d+)")
  end)
end)

describe("circlet.ffi", function()
  local function luajit(script)
    return words(("CIRCLET_LIB=%s/libcirclet.so luajit spec/abi/%s"):format(shell.quote(build),
      script))
  end

  -- What arrays.lua prints of the other losses.
  local function relatives(r, kind, a, b)
    local facts
    for _, name in ipairs { "circle", "unified", "multi_similarity", "contrastive", "triplet_hard",
      "triplet_all", "lifted", "generalized_lifted", "supcon", "nt_xent" } do
      local loss, gradient
      loss, gradient, facts = circlet[name .. "_loss"](a, labels,
        { hardest_negatives = 2, reduction = "sum" })
      assert.equal(loss, tonumber(r[kind .. "_" .. name]), name)
      assert.equal(facts.n_nonzero, tonumber(r[kind .. "_" .. name .. "_nonzero"]), name)
      same(r[kind .. "_" .. name .. "_gradient"], gradient)
    end
    local own, Double = circlet.DoubleTensor { 1, 2, 3, 4, 5, 6 }, circlet.DoubleTensor
    local loss, gradients = circlet.unified_loss({ a, b }, { labels, circlet.LongTensor { 1, 2 } },
      { gamma = { by_label = own:narrow(1, 1, 2) }, m = own, weights = own,
        pair_weights = Double { 1, 0.5 }, ignore_label = 9 })
    assert.equal(loss, tonumber(r[kind .. "_refined"]))
    same(r[kind .. "_refined_refs"], gradients[2])
    local sets = circlet.LongTensor(B, 2)
    for i = 1, B do sets[i][1], sets[i][2] = labels[i], 3 + (i - 1) % 3 end
    assert.equal((circlet.contrastive_loss(a, sets, { positives = "soft", measure = "similarity",
      pos_margin = 1, neg_margin = 0 })), tonumber(r[kind .. "_sets"]))
    local bias = kind == "float" and circlet.FloatTensor { 0.5, -0.5 } or Double { 0.5, -0.5 }
    loss, gradients = circlet.margin_loss({ a, b, bias }, labels, { preset = "softmax" })
    assert.equal(loss, tonumber(r[kind .. "_margin"]))
    same(r[kind .. "_margin_bias"], gradients[3])
    loss, gradients = circlet.proxy_anchor_loss({ a, b }, labels)
    assert.equal(loss, tonumber(r[kind .. "_proxies"]))
    same(r[kind .. "_proxies_w"], gradients[2])
  end

  it("computes on plain arrays in LuaJIT what the module computes", function()
    if library.sanitized then return pending "LuaJIT has no runtime of a sanitizer" end
    if not shell.has "luajit" then return pending "luajit is not installed" end
    local r = luajit "arrays.lua"
    for kind, method in pairs { double = "double", float = "float" } do
      local a, b = x[method](x), w[method](w)
      local loss, gradient = circlet.circle_loss(a, labels, { gamma = 8 })
      assert.equal(loss, tonumber(r[kind .. "_loss"]))
      same(r[kind .. "_gradient"], gradient)
      assert.equal("6", r[kind .. "_valid"])
      local sum, gradients = circlet.circle_class_loss({ a, b }, labels,
        { gamma = 8, reduction = "sum" })
      assert.equal(sum, tonumber(r[kind .. "_class"]))
      same(r[kind .. "_class_gradient"], gradients[2])
      local each = { gamma = 8, reduction = "none" }
      local losses = circlet.circle_loss(a, labels, each)
      same(r[kind .. "_each"], losses)
      assert.near(losses:double():sum(), tonumber(r[kind .. "_each_sum"]), 1e-5)
      same(r[kind .. "_class_each"], (circlet.circle_class_loss({ a, b }, labels, each)))
      local given = { a:narrow(2, 1, 2), a:narrow(2, 3, 1) }
      loss, gradients = circlet.circle_similarity_loss(given, { gamma = 8 })
      assert.equal(loss, tonumber(r[kind .. "_given"]))
      assert.equal("12", r[kind .. "_given_positive"])
      same(r[kind .. "_given_p"], gradients[1])
      same(r[kind .. "_given_n"], gradients[2])
      same(r[kind .. "_given_each"], (circlet.circle_similarity_loss(given, each)))
      relatives(r, kind, a, b)
    end
    for name, text in pairs {
      option = "there is no option gama", choice = "option similarity cannot be cos",
      array = "x must be an array of float or double, got ctype<int64_t [?]>",
      mixed = "gradient must be of the type of x", label = "element 3",
      short = "x must hold 21 elements, got 18", nothing = "x must be an array of float or double",
      losses = 'reduction "none" needs an array for the losses',
      number = "option m must be a number, got a", family = "there is no loss circel",
      setting = "there is no option alpha", measure = "option measure cannot be angle",
      parameter = "option gamma must be a number, double[?] or { by_label =, labels = }",
      preset = "there is no preset arcfaec",
      classes = "of margin the references are classes, with labels NULL",
      one = "both gradients must be given, or none",
    } do
      assert(r["error_" .. name]:find(text, 1, true), r["error_" .. name])
    end
  end)
end)
