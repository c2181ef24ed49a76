-- Turns a CUDA source into C++ for the host: `kernel<<<grid, block>>>(arguments);` becomes
-- `ct_emulate([&] { kernel(arguments); }, grid, block);`, dynamic shared memory a pointer, and the
-- exponential of the GPU exp2f. What else is written in the GPU's assembler has no meaning here.
--
--     lua spec/emulated/translate.lua core/cuda/copy.cu build/emulated/core/cuda/copy.cpp
local from, to = arg[1], arg[2]
local text = assert(io.open(from)):read "a"

-- The place before `at` where the bracket that closes at `at` opens.
local function opening(at, open, close)
  local depth = 0
  for i = at, 1, -1 do
    local c = text:sub(i, i)
    if c == close then depth = depth + 1 end
    if c == open then
      depth = depth - 1
      if depth == 0 then return i end
    end
  end
  error(from .. ": unbalanced " .. open)
end

local pieces, done = {}, 1
while true do
  local launch, config = text:find("<<<", done, true)
  if not launch then break end
  local last = text:sub(1, launch - 1):find "%s*$" - 1
  local start = text:sub(last, last) == ">" and opening(last, "<", ">") - 1 or last
  start = text:sub(1, start):find "[%w_:]+$"
  local config_end, arguments = text:find(">>>%s*", config, false)
  local closing = text:match("^%b()()", arguments + 1)
  pieces[#pieces + 1] = text:sub(done, start - 1)
  pieces[#pieces + 1] = ("ct_emulate([&] { %s%s; }, %s)"):format(text:sub(start, last),
    text:sub(arguments + 1, closing - 1), text:sub(config + 1, config_end - 1))
  done = closing
end
pieces[#pieces + 1] = text:sub(done)
text = table.concat(pieces):gsub("extern%s+__shared__%s+([%w_ ]-)%s*([%w_]+)%[%];",
  "%1 *%2 = (%1 *)ct_emulated_shared();")
text = text:gsub('asm%("ex2%.approx%.ftz%.f32 %%0, %%1;"%s*:%s*"=f"%(([%w_]+)%)%s*:%s*"f"(%b())%);',
  "%1 = exp2f%2;")
assert(io.open(to, "w")):write(('#line 1 "%s"\n'):format(from), text):close()
