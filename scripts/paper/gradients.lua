-- Figure 2 of the Circle Loss paper: what triplet loss, AM-Softmax and Circle Loss ask of a
-- positive and a negative pair, wherever they lie.
--
--     lua scripts/paper/gradients.lua
--     lua scripts/paper/gradients.lua --gamma 64 --m 0.4
--
-- No training. The table has the gradients at three points: A, both similarities high; B, on the
-- other side of the boundary; C, both low.
dofile((arg[0]:match("^.*/") or "./") .. "../prelude.lua")
local circlet = require "circlet"
local options, publish = circlet.train.options, circlet.train.publish

local points = { { "A", 0.8, 0.8 }, { "B", 0.2, 0.8 }, { "C", 0.2, 0.2 } }

local parser = options.small_parser("lua scripts/paper/gradients.lua",
  "Draws the gradients of three losses over the plane of s_n and s_p (figure 2 of the paper).")
parser:option("--gamma", "Scale of AM-Softmax and Circle Loss (default: 16)."):argname("<x>")
  :convert(options.positive)
parser:option("--m", "Margin of all three (default: 0.25)."):argname("<x>"):convert(options.real)
local flags = options.parse(parser, arg)
local gamma, m = flags.gamma or 16, flags.m or 0.25

-- One positive and one negative pair: AM-Softmax is then the unified loss of Eq. 1.
local fields = {
  { title = "triplet", loss = "triplet_hard",
    options = { margin = m, measure = "similarity", reduction = "sum" } },
  { title = "AM-Softmax", loss = "unified", options = { m = m, gamma = gamma } },
  { title = "Circle Loss", loss = "circle", options = { m = m, gamma = gamma } },
}

-- The same loss with a larger scale, and with another margin.
local settings = {}
for i, one in ipairs { { gamma / 4, m }, { gamma * 4, m }, { gamma * 4, m + 0.15 } } do
  settings[i] = { title = ("gamma %g, m %g"):format(one[1], one[2]), loss = "circle",
                  options = { gamma = one[1], m = one[2] } }
end

options.run("gradients", function()
  local rows = {}
  for _, field in ipairs(fields) do
    local gradient = circlet.plot.gradient_of(field.loss, field.options)
    for _, point in ipairs(points) do
      local g_n, g_p = gradient(point[2], point[3])
      rows[#rows + 1] = { loss = field.title, point = point[1], s_n = point[2], s_p = point[3],
                          gradient_p = math.abs(g_p), gradient_n = math.abs(g_n) }
    end
  end
  publish.results(flags.out or "runs/paper", "gradients", {
    title = ("Gradients of one positive and one negative pair; m %g, gamma %g"):format(m, gamma),
    columns = { { key = "loss" }, { key = "point" }, { key = "s_n" }, { key = "s_p" },
      { key = "gradient_p", title = "|dL/ds_p|", format = "%.3f" },
      { key = "gradient_n", title = "|dL/ds_n|", format = "%.3f" } },
    rows = rows,
    pictures = {
      [".png"] = circlet.plot.gradient_field(fields, { points = points }),
      ["-settings.png"] = circlet.plot.gradient_field(settings, { points = points }),
    },
  })
end)
