--- The machine, files, other libraries' memory: core/bind/machine.c, io.c, dlpack.c. Nobody runs this file;
-- it is the manual.
-- @module circlet

--- How many threads kernels use from now on.
-- @param count integer 1 to 4096
-- @error Raises for another number.
-- @example
-- circlet.setnumthreads(1)
-- circlet.getnumthreads()    --> 1
function circlet.setnumthreads(count) end

--- How many threads kernels use.
-- @return integer count
-- @example
-- circlet.getnumthreads() >= 1    --> true
function circlet.getnumthreads() end

--- Bytes in live tensors and workspaces, and the most at once since the last reset.
-- @param reset? boolean the peak counts from here, after this call
-- @return integer now
-- @return integer peak
-- @example
-- circlet.memory(true)
-- local before = circlet.memory()
-- local x = circlet.zeros(1000, 1000)
-- circlet.memory() - before >= 4e6    --> true
function circlet.memory(reset) end

--- What circlet.config() makes its report from.
-- @internal
function circlet.machine() end

--- Refuses memory at the n-th request from now, for specs.
-- @internal
function circlet.fail_allocation(n) end

--- The whole content of a file; what is gzipped comes as it is.
-- @param path string
-- @param limit? integer bytes; a longer file is an error
-- @return string content
-- @error Returns nil, message, "io" when it cannot be read.
-- @example
-- circlet.write_file("a.txt", "text")
-- circlet.read_file "a.txt"         --> text
-- circlet.read_file "none.txt"      --> nil  cannot read none.txt: No such file or directory  io
function circlet.read_file(path, limit) end

--- Puts a content in place of a file in one step: a reader, or a process that dies in between, finds the
-- old file or the new one.
-- @param path string
-- @param content string|circlet.Storage|table a list of both is written one after the other
-- @return boolean true
-- @error Returns nil, message, "io" when it cannot be written; the old file is then as it was.
-- @example
-- circlet.write_file("a.txt", { "te", "xt" })    --> true
function circlet.write_file(path, content) end

--- A capsule over a tensor's memory in DLPack 1.x, which other libraries take without a copy:
-- capsule:pointer() is its address, capsule:release() hands it over to whoever calls its deleter.
-- @param tensor circlet.Tensor
-- @return userdata capsule
-- @error Raises for what is no tensor.
-- @source dmlc.github.io/dlpack
-- @example
-- local x = circlet.ones(2)
-- circlet.from_dlpack(circlet.to_dlpack(x))[1] = 5
-- x    --> {5, 1}
function circlet.to_dlpack(tensor) end

--- A tensor over memory that another library gave by DLPack, which it owns from now on. Memory that is
-- shared so cannot be resized.
-- @param capsule userdata|integer a capsule, or the address that a producer of DLPack gave
-- @return circlet.Tensor tensor
-- @error Raises for types and devices that circlet does not know; what it was given is then as it was.
-- @example
-- circlet.from_dlpack(circlet.to_dlpack(circlet.ones(2)))    --> {1, 1}
function circlet.from_dlpack(capsule) end

--- The two halves of a pair-wise loss, context:forward(...) and context:backward(...), for criterions.
-- @internal
function circlet.pair_context(name) end

--- Circle Loss in float64, slow and obvious: what the specs hold circle_loss against. Called as that.
-- @name circlet.ref_circle_loss, circlet.ref_circle_plain
-- @internal
function circlet.ref_circle_loss(x, labels, options) end

--- Class-level Circle Loss in float64, slow and obvious, for specs.
-- @internal
function circlet.ref_circle_class_loss(x, w, labels, options) end

--- Circle Loss of given similarities in float64, slow and obvious, for specs.
-- @internal
function circlet.ref_circle_similarity_loss(s_p, s_n, options) end

--- The margin softmax in float64, slow and obvious, for specs.
-- @internal
function circlet.ref_margin_loss(x, w, labels, options) end

--- Proxy-anchor in float64, slow and obvious, for specs.
-- @internal
function circlet.ref_proxy_anchor_loss(x, w, labels, options) end

--- The other pair-wise losses in float64, slow and obvious, for specs.
-- @internal
function circlet.ref_pair_loss(name, x, labels, options) end
