-- Writes what an installation has beside the program, from the program's own words: the man page
-- circlet.1 and completions for bash, zsh and fish. `make install` calls it.
--
--     lua5.4 scripts/package/manual.lua FOLDER
dofile((arg[0]:match("^.*/") or "./") .. "../prelude.lua")
local argparse = require "argparse"
local circlet = require "circlet"
local commands = require "circlet.commands"
local files = require "circlet.report.files"

local folder = assert(arg[1], "a folder expected")
local parser, modules = commands.parser()

local function write(name, text) assert(files.write(folder .. "/" .. name, text)) end

-- Text as troff shows it unchanged: its own signs escaped, none at the start of a line.
local function plain(text)
  return (("\n" .. text):gsub("\\", "\\e"):gsub("%-", "\\-"):gsub("\n([.'])", "\n\\&%1"):sub(2))
end

local page = {
  ('.TH CIRCLET 1 "" "%s"'):format(circlet._VERSION),
  ".SH NAME", "circlet \\- a loss engine for metric learning, scripted in Lua",
  ".SH SYNOPSIS", ".B circlet", ".I command", ".RI [ argument \\ ...]",
  ".br", ".B circlet \\-\\-version",
  ".SH DESCRIPTION", plain [[
Circlet computes Circle Loss and its relatives, forward and backward, and what experiments around
them need: tensors, modules, optimisers, data sets, retrieval measures and studies of
hyper-parameters. Programs are written in Lua 5.4 with]],
  '.BR "require \\(dqcirclet\\(dq" ;', "this program is what the shell needs of it.",
  ".SH COMMANDS", ".B circlet", ".I command", ".B \\-\\-help",
  "tells the arguments of a command, and of the words that follow it.",
}
for _, name in ipairs(commands.names) do
  local module = modules[name]
  local command = argparse("circlet " .. module.name, module.summary)
  module.define(command)
  table.move({ ".SS circlet " .. module.name, ".nf", plain(command:get_help()), ".fi" }, 1, 4,
    #page + 1, page)
end
for _, line in ipairs {
  ".SH EXIT STATUS", "0, or 1 when the command could not do what was asked or was not understood.",
  ".SH ENVIRONMENT",
  ".TP", ".B OMP_NUM_THREADS", "Threads that compute (default: one for each core).",
  ".TP", ".B OMP_WAIT_POLICY",
  ".B passive", "lets waiting threads sleep, which is better where other programs run, too.",
  ".TP", ".B CIRCLET_ISA", "Lowers the choice of instructions:", ".BR base ,", ".B avx2", "or",
  ".BR avx512 .",
  ".TP", ".B CIRCLET_DATA", "A folder of data sets.",
  ".TP", ".B CIRCLET_D3", "A folder with D3 (d3.min.js, copyright), which reports of studies hold.",
  ".SH SEE ALSO", ".BR lua5.4 (1)", ".br",
  "README.md in the folder share/doc/circlet of the installation; core/circlet.h, installed as",
  "circlet.h, for programs in C.",
} do page[#page + 1] = line end
write("circlet.1", table.concat(page, "\n") .. "\n")

for _, shell in ipairs { "bash", "zsh", "fish" } do
  write("circlet." .. shell, parser["get_" .. shell .. "_complete"](parser))
end
