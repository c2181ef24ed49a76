-- scripts/embed: the library from C and from Python, beside the module.
local circlet = require "circlet"
local files = require "spec.io.support"
local library = require "spec.abi.support"
local shell = require "circlet.report.shell"

-- The two numbers that a program prints: the loss and the sum of the gradient's magnitudes.
local function output(command)
  local pipe = io.popen(command .. " 2>&1")
  local text = pipe:read "a"
  assert(pipe:close(), text)
  local loss, sum = text:match "^(%S+) (%S+)\n$"
  return assert(tonumber(loss), text), tonumber(sum)
end

local function expected()
  local x = circlet.FloatTensor(8, 6)
  for i = 1, 48 do x:view(-1)[i] = math.sin(i) end
  local loss, gradient = circlet.circle_loss(x:narrow(2, 1, 5),
    circlet.LongTensor { 1, 2, 1, 2, 3, 3, 1, 2 })
  return loss, gradient:double():abs():sum()
end

-- NumPy's sine of a float differs in the last bit, 2^-24, which logits of 256 scale up.
local function check(tolerance, loss, sum)
  local right_loss, right_sum = expected()
  assert.near(1, loss / right_loss, tolerance)
  assert.near(1, sum / right_sum, tolerance)
end

describe("scripts/embed", function()
  it("holds a C program that computes what the module computes", function()
    if not shell.has "gcc" then return pending "gcc is not installed" end
    local folder, remove = files.folder()
    finally(remove)
    local program = shell.quote(folder .. "/circle")
    assert(os.execute(("gcc -Wall -Wextra -Werror scripts/embed/circle.c -o %s %s -lcirclet -lm")
      :format(program, library.flags)))
    check(1e-8, output(program)) -- nine digits are printed
  end)

  it("holds a Python program that computes what the module computes", function()
    if library.sanitized then return pending "Python has no runtime of a sanitizer" end
    local python
    for _, path in ipairs { (os.getenv "HOME" or "") .. "/.cache/circlet/peers/bin/python",
      "python3" } do
      local quoted = shell.quote(path)
      if not python and os.execute(quoted .. " -c 'import numpy' 2>/dev/null") then
        python = quoted
      end
    end
    if not python then return pending "no python with numpy" end
    check(1e-4, output(("%s scripts/embed/circle.py %s/libcirclet.so"):format(python,
      shell.quote(library.build))))
  end)
end)
