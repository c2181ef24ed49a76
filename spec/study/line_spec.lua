local json = require "circlet.json"
local line_of = require "circlet.study.line"
local records = require "circlet.study.records"
local raises = require("spec.support").raises

describe("a line of a journal", function()
  local time = "2026-01-31T12:00:00.000000+00:00"
  local text = '{"name": "FloatDistribution", "attributes": {"low": 0.0}}'
  local numbers = { 0, 0.5, -1, 1e300, 0.1 + 0.2, 1 / 3, -0.0, math.huge, -math.huge,
                    math.maxinteger }

  local function whole(worker, op, fields)
    local line = { op_code = records.op[op], worker_id = worker }
    for name, value in pairs(fields) do line[name] = value end
    return json.encode(line, { nan = "bare" }) .. "\n"
  end

  local function same(op, fields)
    for _, worker in ipairs { "w", 'odd "w"\\', "\u{e4}" } do
      assert.equal(whole(worker, op, fields), line_of(worker, op, fields))
    end
  end

  it("that every trial has is what JSON makes of its fields", function()
    same("create_trial", { study_id = 3, datetime_start = time })
    for _, x in ipairs(numbers) do
      same("set_param", { trial_id = 7, param_name = 'a "b"', param_value_internal = x,
                          distribution = text })
      same("set_state", { trial_id = 7, state = 1, values = { x }, datetime_complete = time })
      same("set_intermediate", { trial_id = 7, step = 2, intermediate_value = x })
    end
    assert.truthy(line_of("w", "set_intermediate", { trial_id = 0, step = 0,
      intermediate_value = 0 / 0 }):find('"intermediate_value":NaN,', 1, true))
  end)

  it("with other fields keeps them", function()
    same("create_trial", { study_id = 3, datetime_start = json.null })
    same("create_trial", { study_id = 3, datetime_start = time, state = 0, values = json.null })
    same("set_state", { trial_id = 7, state = 0, values = json.null, datetime_start = time })
    same("set_state", { trial_id = 7, state = 1, values = { 1, 2.5 }, datetime_complete = time })
    same("set_state", { trial_id = 7, state = 1, values = { 1 }, datetime_complete = time,
                        more = 1 })
    same("set_param", { trial_id = 7, param_name = "a", param_value_internal = 1,
                        distribution = text, more = { 1 } })
    same("set_intermediate", { trial_id = 7, step = 2, intermediate_value = 1, more = "x" })
    same("study_user_attr", { study_id = 0, user_attr = { a = { 1, json.null } } })
    -- Optuna wants values in every line that sets a state.
    assert.truthy(line_of("w", "set_state", { trial_id = 1, state = 0, datetime_start = time })
      :find('"values":null', 1, true))
  end)

  it("is refused when it has no operation or JSON cannot hold it", function()
    raises("no operation set_colour", line_of, "w", "set_colour", {})
    raises("not UTF-8", line_of, "w", "set_param", { trial_id = 7, param_name = "\xff",
      param_value_internal = 1, distribution = text })
  end)
end)
