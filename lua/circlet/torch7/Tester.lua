--- torch.Tester(): runs tests and counts what they check.
--
--     local tester, tests = torch.Tester(), torch.TestSuite()
--     function tests.Sum() tester:eq(torch.ones(3):sum(), 3, "three ones") end
--     tester:add(tests)
--     tester:run()                  -- a report; raises when a check or a test failed
--
-- Checks return whether they held and go on either way: assert, asserteq, assertne, assertlt,
-- assertle, assertgt, assertge, assertalmosteq, assertTensorEq, assertTensorNe, assertTableEq,
-- assertTableNe, assertError, assertNoError, assertErrorMsg, assertErrorPattern, assertErrorObj,
-- and eq and ne for anything. Tolerances bound the greatest absolute difference; two tensors are
-- equal only in one size and one type.
local circlet = require "circlet"
local class = require "circlet.class"

local Tester = class("torch.Tester")

function Tester:__init()
  self.tests, self.disabled, self.errors = {}, {}, {}
  self.countasserts = 0
end

-- Notes a check of the running test; the message is made when it failed.
local function note(self, holds, message, text, ...)
  self.countasserts = self.countasserts + 1
  if holds then return true end
  local reason = text:format(...)
  if message ~= nil then reason = ("%s: %s"):format(tostring(message), reason) end
  table.insert(self.errors, { test = self.current or "?", reason = reason,
    place = debug.traceback("", 3):match "\n%s*([^\n]*: in [^\n]*\n)" })
  return false
end

local function equal(a, b, tolerance)
  if circlet.isTensor(a) or circlet.isTensor(b) then
    if not (circlet.isTensor(a) and circlet.isTensor(b)) or a:type() ~= b:type()
      or not a:isSameSizeAs(b) then
      return false
    end
    if a:nElement() == 0 or a:equal(b) then return true end
    local difference = a:double():add(-1, b:double()):abs():max()
    return difference <= tolerance -- NaN is not
  elseif circlet.isStorage(a) and circlet.isStorage(b) then
    return a:type() == b:type() and equal(a:totable(), b:totable(), tolerance)
  elseif type(a) == "number" and type(b) == "number" then
    return a == b or math.abs(a - b) <= tolerance
  elseif type(a) ~= "table" or type(b) ~= "table" or a == b then
    return a == b
  end
  for key, value in pairs(a) do
    if b[key] == nil or not equal(value, b[key], tolerance) then return false end
  end
  for key in pairs(b) do
    if a[key] == nil then return false end
  end
  return true
end

local function text_of(value)
  if circlet.isTensor(value) then
    return ("%s of %s"):format(value:type(), table.concat(value:size():totable(), "x"))
  end
  return tostring(value)
end

-- eq(a, b, message) and eq(a, b, tolerance, message)
local function tolerance_of(tolerance, message)
  if type(tolerance) ~= "number" then return 0, message or tolerance end
  return tolerance, message
end

function Tester:assert(condition, message)
  return note(self, condition, message, "the condition does not hold")
end

for name, rule in pairs {
  asserteq = { "==", function(a, b) return a == b end },
  assertne = { "~=", function(a, b) return a ~= b end },
  assertlt = { "<", function(a, b) return a < b end },
  assertle = { "<=", function(a, b) return a <= b end },
  assertgt = { ">", function(a, b) return a > b end },
  assertge = { ">=", function(a, b) return a >= b end },
} do
  Tester[name] = function(self, a, b, message)
    return note(self, rule[2](a, b), message, "%s %s %s does not hold", text_of(a), rule[1],
      text_of(b))
  end
end

function Tester:assertalmosteq(a, b, tolerance, message)
  tolerance, message = tolerance_of(tolerance or 1e-16, message)
  return note(self, math.abs(a - b) <= tolerance, message, "%.17g and %.17g differ by more than %g",
    a, b, tolerance)
end

local function check_equal(self, a, b, tolerance, message)
  tolerance, message = tolerance_of(tolerance, message)
  return note(self, equal(a, b, tolerance), message, "%s and %s differ by more than %g", text_of(a),
    text_of(b), tolerance)
end

local function check_different(self, a, b, tolerance, message)
  tolerance, message = tolerance_of(tolerance, message)
  return note(self, not equal(a, b, tolerance), message, "%s and %s are equal within %g",
    text_of(a), text_of(b), tolerance)
end

for _, name in ipairs { "eq", "assertTensorEq", "assertTableEq" } do Tester[name] = check_equal end
for _, name in ipairs { "ne", "assertTensorNe", "assertTableNe" } do
  Tester[name] = check_different
end

--- f must raise an error of which accept(error) is true.
function Tester:assertErrorObj(f, accept, message)
  local ok, raised = pcall(f)
  return note(self, not ok and accept(raised), message, ok and "no error was raised"
    or "another error was raised: " .. tostring(raised):gsub("%%", "%%%%"))
end

function Tester:assertError(f, message)
  return self:assertErrorObj(f, function() return true end, message)
end

--- The error's text, its place left out, must be `text`.
function Tester:assertErrorMsg(f, text, message)
  return self:assertErrorObj(f, function(raised)
    return raised == text or tostring(raised):gsub("^[^:]*:%d+: ", "") == text
  end, message)
end

function Tester:assertErrorPattern(f, pattern, message)
  return self:assertErrorObj(f, function(raised) return tostring(raised):find(pattern) end, message)
end

function Tester:assertNoError(f, message)
  local ok, raised = pcall(f)
  return note(self, ok, message, "%s", tostring(raised))
end

--- Adds a test (a function and its name), or every function of a table or TestSuite.
function Tester:add(tests, name)
  if type(tests) == "function" then
    table.insert(self.tests, { name = name or "unnamed test", run = tests })
    return self
  elseif type(tests) ~= "table" then
    error("torch.Tester: a function or a table of tests expected, got " .. type(tests), 2)
  end
  local names = {}
  for key, test in pairs(tests) do
    if type(test) == "function" then names[#names + 1] = key end
  end
  table.sort(names)
  for _, key in ipairs(names) do self:add(tests[key], key) end
  return self
end

--- Leaves tests out, by name: a string or a list.
function Tester:disable(names)
  for _, name in ipairs(type(names) == "table" and names or { names }) do
    self.disabled[name] = true
  end
  return self
end

-- Ctrl-C ends the run, not the test.
local function handler(raised)
  if tostring(raised):find "interrupted!$" then return { interrupted = raised } end
  return debug.traceback(tostring(raised), 2)
end

local function run_one(self, test)
  self.current = test.name
  local ok, raised = xpcall(test.run, handler)
  self.current = nil
  if ok then return end
  if type(raised) == "table" then error(raised.interrupted, 0) end
  table.insert(self.errors, { test = test.name, reason = raised })
end

--- Runs all tests, or those named (a string or a list), and prints what failed. Raises at the end
-- when something did; a name that is no test raises at once.
function Tester:run(names)
  local chosen = names and {}
  for _, name in ipairs(type(names) == "table" and names or { names }) do chosen[name] = true end
  self.countasserts, self.errors = 0, {}
  local count = 0
  for _, test in ipairs(self.tests) do
    if (not chosen or chosen[test.name]) and not self.disabled[test.name] then
      run_one(self, test)
      count = count + 1
    end
    if chosen then chosen[test.name] = nil end
  end
  if chosen and next(chosen) then error("torch.Tester: there is no test " .. next(chosen), 2) end
  print(("Completed %d asserts in %d tests with %d errors"):format(self.countasserts, count,
    #self.errors))
  for _, failure in ipairs(self.errors) do
    print(("%s\n  %s%s"):format(failure.test, failure.reason,
      failure.place and "\n  " .. failure.place or ""))
  end
  if #self.errors > 0 then error("An error was found while running tests!", 2) end
  return true
end

return Tester
