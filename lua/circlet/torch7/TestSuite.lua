--- torch.TestSuite(): a table of tests that refuses a second test of the same name, which would
-- hide the first.
return function()
  local tests = {}
  return setmetatable({}, {
    __index = tests,
    __newindex = function(_, name, test)
      if tests[name] ~= nil then error(("torch.TestSuite: test %s exists"):format(name), 2) end
      tests[name] = test
    end,
    __pairs = function() return next, tests, nil end,
    __tests = tests,
  })
end
