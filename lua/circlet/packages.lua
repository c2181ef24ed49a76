--- Tables whose members load when first used. `lazy(target, parts)` returns target; parts maps
-- names to module paths. `pairs` loads them all; the metatable's field `parts` tells their names
-- without loading any.
return function(target, parts)
  local metatable = { parts = parts }
  function metatable:__index(name)
    local path = parts[name]
    if not path then return nil end
    local loaded = require(path)
    rawset(self, name, loaded)
    return loaded
  end
  function metatable:__pairs()
    for name in next, parts do local _ = self[name] end
    return next, self, nil
  end
  return setmetatable(target, metatable)
end
