--- Studies: trials of parameters, kept in a journal that many processes and Optuna share.
local parts = {
  Journal = "circlet.study.Journal", Lock = "circlet.study.Lock",
  distribution = "circlet.study.distribution",
}

return setmetatable({}, {
  __index = function(self, name)
    local path = parts[name]
    if not path then return nil end
    local loaded = require(path)
    rawset(self, name, loaded)
    return loaded
  end,
})
