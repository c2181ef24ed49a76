-- Makes the calls of spec/calls on the CPU and on copies of their arguments on the GPU; compares
-- results and what became of the arguments.
local circlet = require "circlet"
local fixtures = require "spec.calls.fixtures"

local parity = {}

local on_cuda = { Float = "Cuda", Double = "CudaDouble", Long = "CudaLong", Int = "CudaInt",
  Byte = "CudaByte" }
-- Float fixtures may stand for another type there: { Float = "CudaHalf" }.
local epsilon = { Cuda = 2 ^ -23, CudaDouble = 2 ^ -52, CudaHalf = 2 ^ -10, CudaBFloat16 = 2 ^ -7 }

local function kind_of(t) return (t:type():match "%.(.*)Tensor") end

--- The same view of a copy of t's storage, on the GPU.
function parity.to_cuda(t, types)
  local kind = kind_of(t)
  kind = types and types[kind] or on_cuda[kind]
  local there = circlet[kind .. "Tensor"]()
  if not t:storage() then return there end
  local flat = t.new(t:storage()):type("circlet." .. kind .. "Tensor")
  return there:set(flat:storage(), t:storageOffset(), t:size(), t:stride())
end

local function copy_view(t) -- on the CPU, so that both sides begin with the same bits
  if not t:storage() then return t.new() end
  return t.new(t.new(t:storage()):clone():storage(), t:storageOffset(), t:size(), t:stride())
end

local function constructors(types)
  local made = {}
  for kind, there in pairs(on_cuda) do
    there = types and types[kind] or there
    made[kind .. "Tensor"] = circlet[there .. "Tensor"]
    made[kind .. "Storage"] = circlet[there .. "Storage"]
  end
  made.LongStorage = nil -- sizes
  return made
end

local function index_with(x, index, value)
  x[index] = value
  return x
end

local function run(expression, arguments, extra)
  local environment = setmetatable({}, { __index = function(_, name)
    for _, scope in ipairs { arguments, extra } do
      if scope[name] ~= nil then return scope[name] end
    end
    if name == "index_with" then return index_with end
    return circlet[name] or _G[name]
  end })
  circlet.manualSeed(11)
  local ok, results = pcall(function()
    return table.pack(assert(load("return " .. expression, "=" .. expression, "t", environment))())
  end)
  return ok, results
end

local compare

local function compare_numbers(a, b, tolerance)
  if a == b or (a ~= a and b ~= b) then return end
  if math.abs(a - b) <= tolerance * math.max(1, math.abs(a)) then return end
  return ("%.9g on the CPU, %.9g on the GPU"):format(a, b)
end

local function compare_tensors(a, b, tolerance, types)
  local kind = kind_of(b)
  local wanted = types and types[kind_of(a)] or on_cuda[kind_of(a)]
  if kind_of(a):find "^Cuda" or not wanted then wanted = kind_of(a) end
  if kind ~= wanted then return ("%s expected, got %s"):format(wanted, kind) end
  if not a:isSameSizeAs(b) then
    return ("size %s on the CPU, %s on the GPU"):format(table.concat(a:size():totable(), "x"),
      table.concat(b:size():totable(), "x"))
  end
  if a:nElement() == 0 then return end
  tolerance = epsilon[kind] and tolerance * epsilon[kind] or 0
  local here, there = a:contiguous():view(-1):totable(), b:contiguous():view(-1):totable()
  for i = 1, #here do
    local difference = compare_numbers(here[i], there[i], tolerance)
    if difference then return ("element %d: %s"):format(i, difference) end
  end
end

function compare(a, b, tolerance, types)
  if circlet.isTensor(a) and circlet.isTensor(b) then
    return compare_tensors(a, b, tolerance, types)
  elseif type(a) ~= type(b) then
    return ("%s on the CPU, %s on the GPU"):format(type(a), type(b))
  elseif type(a) == "number" then
    local type_of_number = types and types.Float or "Cuda"
    return compare_numbers(a, b, tolerance * epsilon[type_of_number])
  elseif type(a) == "table" then
    for key in pairs(a) do
      local difference = compare(a[key], b[key], tolerance, types)
      if difference then return ("%s: %s"):format(tostring(key), difference) end
    end
  elseif type(a) ~= "userdata" and a ~= b then
    return ("%s on the CPU, %s on the GPU"):format(tostring(a), tostring(b))
  end
end

--- What differs in the call `expression`, or nil. options.types: what stands for which type there;
-- options.scale: of the fixtures; options.tolerance: in units of the type's rounding (default 64:
-- functions differ by up to 4, sums here have some tens of terms); options.arguments: instead of
-- the fixtures; options.fails: both raise.
function parity.difference(expression, options)
  options = options or {}
  local here, there = {}, {}
  for name, t in pairs(options.arguments or (fixtures.make(expression, options.scale))) do
    if circlet.isTensor(t) then
      there[name] = parity.to_cuda(t, options.types)
      here[name] = copy_view(t)
      if options.types and options.types[kind_of(t)] and here[name]:storage() then
        local flat = t.new(here[name]:storage())
        flat:copy(t.new(there[name]:storage() and there[name].new(there[name]:storage())
          :type(t:type()):storage()))
      end
    end
  end
  local default = circlet.getdefaulttensortype()
  local ok, expected = run(expression, here, {})
  circlet.setdefaulttensortype("circlet." .. (options.types and options.types.Float or "Cuda")
    .. "Tensor")
  local done, got = run(expression, there, constructors(options.types))
  circlet.setdefaulttensortype(default)
  if not ok or not done or options.fails then
    if ok ~= done or not options.fails then
      return ("CPU: %s, GPU: %s"):format(ok and "no error" or tostring(expected),
        done and "no error" or tostring(got))
    end
    return
  end
  local tolerance = options.tolerance or 64
  for i = 1, math.max(expected.n, got.n) do
    local difference = compare(expected[i], got[i], tolerance, options.types)
    if difference then return ("result %d: %s"):format(i, difference) end
  end
  for name in pairs(here) do
    local difference = compare(here[name], there[name], tolerance, options.types)
    if difference then return ("argument %s: %s"):format(name, difference) end
  end
end

--- Compares every call of `text` (expressions that end in semicolons) but those that match one of
-- `except`; all differences are told at once.
function parity.check(text, options, except)
  local wrong, calls = {}, 0
  for expression in text:gmatch "%s*([^;]+);" do
    local skip = false
    for _, pattern in ipairs(except or {}) do skip = skip or expression:find(pattern) end
    if not skip then
      calls = calls + 1
      local difference = parity.difference(expression, options)
      if difference then wrong[#wrong + 1] = expression .. ": " .. difference end
    end
  end
  assert(calls > 0, "no calls")
  assert(#wrong == 0, "\n" .. table.concat(wrong, "\n"))
end

return parity
