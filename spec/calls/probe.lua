-- Makes one call again and again, its 1st, 2nd, 3rd ... allocation failing, until none fails.
--
-- Each failure must be an error that says "not enough memory"; it must leave the arguments as they
-- were (an explicit result, r or ri, may have been resized, but must be sound), and the same call
-- with the same arguments must then give what it always gives. Whether memory was lost shows in
-- circlet.memory() after a collection, which costs far more than a call: calls are therefore
-- probed a group at a time, and a loss is traced to its call afterwards.
local circlet = require "circlet"
local core = require "circlet.core"
local fixtures = require "spec.calls.fixtures"

local probe = {}

--- Everything about a value that a caller could see, as a string.
function probe.digest(value)
  if circlet.isTensor(value) then
    local size = table.concat(value:size():totable(), "x")
    local bytes = value:nElement() > 0 and value:contiguous():clone():storage():string() or ""
    return ("%s[%s]%s"):format(value:type(), size, bytes)
  elseif circlet.isStorage(value) then
    return ("%s[%d]%s"):format(value:type(), value:size(), value:string())
  elseif type(value) == "table" then
    local parts = {}
    for key, entry in pairs(value) do
      parts[#parts + 1] = ("%s = %s"):format(tostring(key), probe.digest(entry))
    end
    table.sort(parts)
    return "{" .. table.concat(parts, ", ") .. "}"
  elseif type(value) == "number" then
    return ("%.17g"):format(value)
  end
  return type(value) == "string" and value or type(value)
end

-- What calls use besides the public names.
local helpers = { npy = circlet.npy, bytes = fixtures.bytes, load = circlet.load, core = core,
  decoder = core.images }

function helpers.index_with(x, index, value)
  x[index] = value
  return x
end

local function sound(value, message)
  if value == nil then error(message, 0) end
  return value
end

helpers.idx = {
  parse = core.io.parse_idx, inflate = core.io.inflate,
  line = core.io.journal_line, create = core.io.create_file, lease = core.io.lease,
  load = function(path) return sound(core.io.load_idx(path)) end,
}

function helpers.batch_list(labels)
  local list = {}
  for _, indices in circlet.data.batches(labels:nElement(), 3) do list[#list + 1] = indices end
  return list
end

--- The images of the archive among the files.
function helpers.pictures(path)
  return sound(circlet.data.image_folder(path .. ".zip", { size = 3, flip = true, threads = 1 }))
end

--- Both halves of a pair-wise loss on a context that is used again.
function helpers.both(context, ...)
  local x, _, refs = ...
  local options = { m = 0.25, gamma = 64 }
  local loss, facts = context:forward("both", options, ...)
  local gradient, gradient_refs = x.new(), refs and x.new()
  context:backward("both", 1, gradient, gradient_refs)
  return { loss, facts, gradient, gradient_refs }
end

--- forward and backward of a module (gradOutput: ones) or, with a target, of a criterion.
function helpers.learn(module, input, target)
  if module.zeroGradParameters then module:zeroGradParameters() end
  if module.accGradParameters and not target then
    local output = module:forward(input)
    local gradient
    if circlet.isTensor(output) then
      gradient = output:clone():fill(1)
    else
      gradient = { output[1]:clone():fill(1), output[2]:clone():fill(2) }
    end
    local gradInput = module:backward(input, gradient)
    local _, gradients = module:parameters()
    return { output, gradInput, gradients or "none" }
  end
  local output = module:forward(input, target)
  return { output, module:backward(input, target), module.gradWeight or "none" }
end

--- Two steps of an optimiser on x with a constant gradient.
function helpers.descend(name, x, gradient, config)
  config = config or {}
  for _ = 1, 2 do
    circlet.optim[name](function() return 1, gradient end, x, config)
  end
  return { x, config }
end

--- A call with fresh arguments of the given scale (default 1): a function that makes it and
-- returns a list of results, and the arguments.
function probe.prepare(expression, more, scale)
  local arguments, objects = fixtures.make(expression, scale)
  local environment = setmetatable({}, { __index = function(_, name)
    for _, scope in ipairs { more, arguments, objects, helpers } do
      if scope[name] ~= nil then return scope[name] end
    end
    return circlet[name] or _G[name]
  end })
  local call = assert(load("return " .. expression, "=" .. expression, "t", environment))
  return function()
    circlet.manualSeed(11)
    return table.pack(call())
  end, arguments
end

local results = { r = true, ri = true }

local function check_arguments(arguments, before)
  for name, argument in pairs(arguments) do
    local now = probe.digest(argument)
    assert(not before or results[name] or now == before[name],
      ("the failed call changed %s"):format(name))
  end
end

local function digests(arguments)
  local list = {}
  for name, argument in pairs(arguments) do list[name] = probe.digest(argument) end
  return list
end

--- Whether a call gives something new each time.
function probe.unrepeatable(expression)
  return expression:find "^seed%(" or expression:find "^tic" or expression:find "^toc"
    or expression:find "Timer"
end

-- Returns how many allocations failed.
local function attempt_all(expression, more, options)
  local arm = options.arm or circlet.fail_allocation
  local call = probe.prepare(expression, more)
  local expected = probe.digest(call())
  for n = 1, 1000 do
    local arguments
    call, arguments = probe.prepare(expression, more)
    local before = digests(arguments)
    arm(n)
    local ok, result = pcall(call)
    arm(0)
    if not ok then
      assert(tostring(result):find("not enough memory", 1, true), result)
      check_arguments(arguments, not options.late and before)
      result = options.late and probe.prepare(expression, more)() or call()
    end
    assert(options.late or probe.unrepeatable(expression) or probe.digest(result) == expected,
      ok and "another result" or "another result after the failure")
    if ok then return n - 1 end
  end
  error "allocations never stop failing"
end

local function settled()
  collectgarbage()
  collectgarbage()
  return circlet.memory()
end

--- Probes every call of a group. options.arm(n): makes the nth allocation fail, arm(0) none
-- (default: circlet.fail_allocation); options.late: failures may come after the work is done, while
-- results are handed over. Returns how many allocations failed in all.
function probe.group(text, more, options)
  options = options or {}
  local before, failures, calls = settled(), 0, {}
  for expression in text:gmatch "%s*([^;]+);" do
    calls[#calls + 1] = expression
    local ok, count = pcall(attempt_all, expression, more, options)
    assert(ok, ("%s: %s"):format(expression, tostring(count)))
    failures = failures + count
    if options.late then collectgarbage() end -- Lua, out of memory, collects but finalises nothing
  end
  if settled() ~= before then
    for _, expression in ipairs(calls) do
      before = settled()
      attempt_all(expression, more, options)
      local lost = settled() - before
      assert(lost == 0, ("%s: %d bytes are lost"):format(expression, lost))
    end
  end
  return failures
end

return probe
