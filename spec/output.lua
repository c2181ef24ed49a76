-- The busted output handler of this project: quiet while specs pass, each failure and each skip in
-- full, and a last line that counts: "N passed, N failed, N skipped".
return function(options)
  local busted = require "busted"
  local handler = require "busted.outputHandlers.base"()
  local slow = {}

  handler.testEnd = function(element, _, status)
    if status == "success" and element.duration and element.duration > 2 then
      slow[#slow + 1] = ("%6.1f s  %s"):format(element.duration, handler.getFullName(element))
    end
    return nil, true
  end

  local function show(kind, list)
    for _, entry in ipairs(list) do
      local trace = entry.trace or {}
      io.write(("\n%s: %s\n  %s:%s\n"):format(kind, entry.name or "(unnamed)",
        trace.short_src or "?", trace.currentline or "?"))
      local message = entry.message
      if message ~= nil then
        message = type(message) == "string" and message or require("pl.pretty").write(message)
        io.write("  ", (message:gsub("\n", "\n  ")), "\n")
      end
      if kind == "ERROR" and trace.traceback then io.write(trace.traceback, "\n") end
    end
  end

  handler.suiteEnd = function()
    show("skipped", handler.pendings)
    show("FAILED", handler.failures)
    show("ERROR", handler.errors)
    if options.verbose or #slow > 0 then
      if #slow > 0 then io.write("\nslow specs\n", table.concat(slow, "\n"), "\n") end
    end
    io.write(("%d passed, %d failed, %d skipped\n"):format(handler.successesCount,
      handler.failuresCount + handler.errorsCount, handler.pendingsCount))
    io.flush()
    return nil, true
  end

  busted.subscribe({ "test", "end" }, handler.testEnd, { predicate = handler.cancelOnPending })
  busted.subscribe({ "suite", "end" }, handler.suiteEnd)
  return handler
end
