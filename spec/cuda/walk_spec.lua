-- What CUDA code computes on the host: the walks that every elementwise kernel goes by.

describe("walks of strided tensors", function()
  it("reach every element once, in parts and with merged dimensions", function()
    local pipe = io.popen "command -v nvcc || ls /usr/local/cuda/bin/nvcc 2>/dev/null"
    local nvcc = pipe:read "l"
    pipe:close()
    if not nvcc then return pending "skipped: nvcc is not installed" end
    local source = io.open "core/cuda/strided.cuh"
    if not source then return pending "skipped: a bundle has no sources of kernels" end
    source:close()
    local program = os.tmpname()
    local command = ("%s -std=c++20 -arch=sm_80 -Icore -o %s spec/cuda/walk.cu 2>&1 && %s")
      :format(nvcc, program, program)
    pipe = io.popen(command)
    local said = pipe:read "a"
    pipe:close()
    os.remove(program)
    assert.equal("2000 walks\n", said)
  end)
end)
