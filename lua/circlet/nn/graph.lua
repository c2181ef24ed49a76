--- Walks over the object graph of modules: tables, instances and tensors, with shared storages and
-- cycles. Deep copies, type conversion and flattening of parameters build on it.
local circlet = require "circlet"
local core = require "circlet.core"
local class = require "circlet.class"

local graph = {}
local identity = core.nn.storage_identity

local real = {}
for _, name in ipairs { "FloatTensor", "DoubleTensor", "CudaTensor", "CudaDoubleTensor" } do
  real["circlet." .. name], real["torch." .. name] = name, name
end

--- The name of a real type as type() of a tensor says it, from circlet's name or Torch7's; raises
-- for what is no real type.
function graph.type_name(name)
  if not real[name] then
    error(("type: circlet.FloatTensor, DoubleTensor, CudaTensor or CudaDoubleTensor expected, "
      .. "got %s"):format(tostring(name)), 3)
  end
  return circlet[real[name]]():type()
end

-- Types of CUDA by what their tensors are read as from files.
local of_cuda = {}
for _, library in ipairs { "torch.", "circlet." } do
  of_cuda[library .. "CudaTensor"], of_cuda[library .. "CudaHalfTensor"] = "FloatTensor",
    "FloatTensor"
  of_cuda[library .. "CudaDoubleTensor"] = "DoubleTensor"
end

--- The name of the type that a module read from a file has here.
function graph.upgrade_type(module)
  local name = rawget(module, "_type")
  local known = of_cuda[name] or real[name]
  if known then rawset(module, "_type", circlet[known]():type()) end
end

-- A view of `storage` with the geometry of t.
local function view_like(t, storage)
  return circlet[storage:type():match("%.(%w+)Storage$") .. "Tensor"](
    storage, t:storageOffset(), t:size(), t:stride())
end

-- Copies whole storages once each, so that tensors that shared memory share it afterwards.
-- `kind` is the element type of the copy ("Float", ...).
local function copied_storage(t, kind, memo)
  local key = identity(t)
  local copy = memo[key]
  if not copy then
    local from = t:storage()
    copy = circlet[kind .. "Storage"](#from)
    if #from > 0 then
      local make = circlet[kind .. "Tensor"]
      make(copy):copy(t:new(from))
    end
    memo[key] = copy
  end
  return copy
end

local function copied_tensor(t, kind, memo)
  if not identity(t) then return circlet[kind .. "Tensor"]() end
  if t:dim() == 0 then
    copied_storage(t, kind, memo)
    return circlet[kind .. "Tensor"]()
  end
  return view_like(t, copied_storage(t, kind, memo))
end

local function kind_of(t) return t:type():match("%.(%w+)Tensor$") end

--- A deep copy of `value`: tables keep their metatables, sharing and cycles; tensors that share
-- memory share it in the copy.
function graph.copy(value)
  local seen, storages = {}, {}
  local function copy(v)
    if circlet.isTensor(v) then
      seen[v] = seen[v] or copied_tensor(v, kind_of(v), storages)
      return seen[v]
    elseif circlet.isStorage(v) then
      local twin = circlet[v:type():match("%.(%w+)Storage$") .. "Tensor"](v)
      return copied_storage(twin, kind_of(twin), storages)
    elseif type(v) ~= "table" then
      return v
    elseif seen[v] then
      return seen[v]
    end
    local new = {}
    seen[v] = new
    for key, item in next, v do new[copy(key)] = copy(item) end
    return setmetatable(new, getmetatable(v))
  end
  return copy(value)
end

--- Converts every real tensor reachable from the table `object` to `name`, in place: the tables
-- stay, tensors are replaced. Integer tensors (labels, indices) stay. `memo` may be passed from
-- call to call to keep sharing between objects.
function graph.convert(object, name, memo)
  local kind = name:match("%.(%w+)Tensor$")
  memo = memo or {}
  local seen = memo.seen or {}
  local storages = memo.storages or {}
  memo.seen, memo.storages = seen, storages
  local function convert(v)
    if circlet.isTensor(v) then
      if not real[v:type()] or v:type() == name then return v end
      seen[v] = seen[v] or copied_tensor(v, kind, storages)
      return seen[v]
    elseif type(v) ~= "table" or seen[v] then
      return v
    end
    seen[v] = true
    for key, item in next, v do
      local new = convert(item)
      if new ~= item then rawset(v, key, new) end
    end
    if rawget(v, "_type") and class.type(v) ~= "table" then rawset(v, "_type", name) end
    return v
  end
  return convert(object)
end

-- The intervals of memory that the tensors view, merged, in the order of the tensors:
-- { { storage =, first =, last =, key = }, ... }
local function intervals(tensors)
  local list, of_key = {}, {}
  for _, t in ipairs(tensors) do
    if t:dim() > 0 and t:nElement() > 0 then
      local key, first, last = identity(t), t:storageOffset(), t:storageOffset()
      local size, stride = t:size(), t:stride()
      for d = 1, t:dim() do last = last + (size[d] - 1) * stride[d] end
      if last - first + 1 ~= t:nElement() then
        error("getParameters: a parameter has gaps or repeats in memory; make it contiguous", 3)
      end
      local merged
      for _, i in ipairs(of_key[key] or {}) do
        if first <= i.last and last >= i.first then
          i.first, i.last = math.min(i.first, first), math.max(i.last, last)
          merged = true
        end
      end
      if not merged then
        local interval = { key = key, tensor = t, first = first, last = last }
        of_key[key] = of_key[key] or {}
        table.insert(of_key[key], interval)
        list[#list + 1] = interval
      end
    end
  end
  return list, of_key
end

-- Intervals that lie one after another in one storage: where they begin and how long they are.
local function already_flat(list)
  for i = 2, #list do
    if list[i].key ~= list[1].key or list[i].first ~= list[i - 1].last + 1 then return false end
  end
  return #list > 0
end

--- Moves the tensors into one new storage, in order, and returns it as one vector. Tensors that
-- shared memory share it afterwards and count once. Tensors that lie in one storage one after
-- another already are left there.
function graph.flatten(tensors, like)
  local list, of_key = intervals(tensors)
  local total = 0
  for _, i in ipairs(list) do
    i.at = total + 1
    total = total + i.last - i.first + 1
  end
  if total == 0 then return like.new() end
  if already_flat(list) then
    return like:new(list[1].tensor:storage(), list[1].first, circlet.LongStorage { total })
  end
  local flat = like:new(total)
  for _, i in ipairs(list) do
    local length = i.last - i.first + 1
    local from = i.tensor:new(i.tensor:storage(), i.first, circlet.LongStorage { length })
    flat:narrow(1, i.at, length):copy(from)
  end
  for _, t in ipairs(tensors) do
    for _, i in ipairs(t:dim() > 0 and of_key[identity(t)] or {}) do
      local offset = t:storageOffset()
      if offset >= i.first and offset <= i.last then
        t:set(flat:storage(), flat:storageOffset() + i.at - 1 + offset - i.first, t:size(),
          t:stride())
        break
      end
    end
  end
  return flat
end

return graph
