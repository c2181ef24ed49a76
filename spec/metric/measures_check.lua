-- The measures beside those of pytorch-metric-learning and scikit-learn on the same rows; run by
-- `make check-measures`:
--     lua5.4 spec/metric/measures_check.lua PYTHON
-- Exit codes: 0 all are equal to 1e-6, 1 some are not, 2 this Python has not got them.
package.path = "./?.lua;" .. package.path
local circlet = require "circlet"
local json, shell = circlet.json, circlet.report.shell
local support = require "spec.study.support"

local python, folder = arg[1] or "python3", support.folder()
local metrics = circlet.metrics
circlet.manualSeed(3)
local n, classes, dim = 600, 40, 16
local labels = circlet.LongTensor(n):random(1, classes)
local centres = circlet.randn(classes, dim) * 0.8
local x = (centres:index(1, labels) + circlet.randn(n, dim)):double()
local clusters = metrics.kmeans(x, classes)
for name, tensor in pairs { x = x, labels = labels, clusters = clusters } do
  assert(circlet.npy.save(("%s/%s.npy"):format(folder, name), tensor))
end

local pipe = assert(io.popen(("%s spec/metric/measures_peer.py %s"):format(shell.quote(python),
  shell.quote(folder))))
local text = pipe:read "a"
local _, _, code = pipe:close()
support.remove(folder)
if code ~= 0 then os.exit(code, true) end

local retrieval, verification = metrics.retrieval(x, labels), metrics.verification(x, labels)
local information = metrics.mutual_information(labels, clusters)
local ours = {
  recall_at_1 = retrieval.recall[1], r_precision = retrieval.r_precision,
  map_at_r = retrieval.map_at_r, map = retrieval.map, mrr = retrieval.mrr,
  nmi = information.nmi, ami = information.ami, auc = verification.auc,
}
for _, rate in ipairs { 1e-4, 1e-3, 1e-2, 1e-1 } do
  ours[("tar_%g"):format(rate)] = verification.tar[rate]
end
local theirs, failed, count = assert(json.decode(text)), false, 0
for name, value in pairs(theirs) do
  local equal = math.abs(value - ours[name]) <= 1e-6
  failed, count = failed or not equal, count + 1
  print(("%s  %-12s %.7f, theirs %.7f"):format(equal and "ok" or "FAILED", name, ours[name], value))
end
assert(count == 12, "twelve measures expected")
os.exit(not failed, true)
