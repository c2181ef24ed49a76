"""PyTorch's side of bench.lua on a GPU: the same loss and gradient on the same data, and the matrix
products that they need, by cuBLAS.

    python peers.py gpu

Reads one JSON request a line, writes one JSON reply a line; the first names versions and device.
{"op": "cell", ...} loads a cell's inputs in a process forked for it; {"op": "begin", "way": w} makes
a first call of a way, {"op": "block", "way": w, "calls": n} times n calls in a row; {"op": "end"}
ends that process, {"op": "quit"} this one. Needs torch alone, not NumPy.
"""

import os
import sys

# circlet's CUDA libraries are not PyTorch's: it is measured with those that it finds by itself.
if "PEER_LD_LIBRARY_PATH" in os.environ:
    os.environ["LD_LIBRARY_PATH"] = os.environ.pop("PEER_LD_LIBRARY_PATH")
    os.execv(sys.executable, [sys.executable, *sys.argv])

import ast
import ctypes
import faulthandler
import signal
import time
import warnings

os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")  # no pool of processes beside ours
warnings.filterwarnings("ignore", message=".*NumPy.*")
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../bench"))

import torch
from formula import class_loss, pair_loss
from pipe import reply, reply_error, requests, serve_forked

device = os.environ.get("CIRCLET_BENCH_DEVICE", "cuda")  # "cpu": to test this program
on_gpu = device == "cuda"
largest_block = 1 << 28  # similarities that bare products hold at once
types = {"<f4": torch.float32, "<f8": torch.float64, "<i8": torch.int64}


def load(path):
    """An array in .npy format as a tensor."""
    with open(path, "rb") as file:
        start = file.read(10)
        length = int.from_bytes(start[8:10], "little")
        header = ast.literal_eval(file.read(length).decode())
    of, offset = types[header["descr"]], 10 + length
    count, shape = 1, header["shape"]
    for size in shape:
        count *= size
    skipped = offset // of.itemsize  # headers end at a multiple of 64
    whole = torch.from_file(path, size=skipped + count, dtype=of)
    return whole[skipped:].view(shape)


def save(path, tensor):
    names = {value: key for key, value in types.items()}
    tensor = tensor.detach().cpu().contiguous()
    header = str({"descr": names[tensor.dtype], "fortran_order": False, "shape": tuple(tensor.shape)})
    header = header.ljust(-(-(len(header) + 11) // 64) * 64 - 11) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode())
        file.write(ctypes.string_at(tensor.data_ptr(), tensor.numel() * tensor.dtype.itemsize))


def synchronize():
    if on_gpu:
        torch.cuda.synchronize()


class Cell:
    def __init__(self, job):
        self.job = job
        self.x = load(job["x"]).to(device)
        self.labels = load(job["labels"]).to(device) - 1
        self.w = load(job["w"]).to(device) if job["kind"] == "class" else None
        self.prepared = {}

    def tensors(self, dtype):
        """Copies of the inputs as leaves of a graph."""
        leaf = lambda t: t.detach().to(dtype, copy=True).requires_grad_()
        return [leaf(self.x), self.labels] + ([leaf(self.w)] if self.w is not None else [])

    def loss_way(self, compiled, dtype):
        plain = pair_loss if self.job["kind"] == "pair" else class_loss
        if compiled:
            plain = torch.compile(plain, dynamic=False)
        inputs = self.tensors(dtype)

        def call():
            for t in inputs:
                t.grad = None
            loss = plain(*inputs, self.job["m"], self.job["gamma"])
            loss.backward()
            return loss.item()

        return call, inputs

    def gemm_way(self, dtype):
        """The three products of the eager scheme, in blocks of rows: S = X W', S W and S' X."""
        x = self.x.to(dtype)
        w = x if self.w is None else self.w.to(dtype)
        rows = max(1, min(len(x), largest_block // len(w)))
        s = torch.empty(rows, len(w), dtype=dtype, device=device)
        x_gradient, w_gradient = torch.empty_like(x), torch.zeros_like(w)

        def call():
            for first in range(0, len(x), rows):
                block = x[first : first + rows]
                part = s[: len(block)]
                torch.mm(block, w.t(), out=part)
                torch.mm(part, w, out=x_gradient[first : first + rows])
                w_gradient.addmm_(part.t(), block)
            return 0.0

        return call, []

    def prepare(self, way):
        """A function that makes a call, and its inputs, whose gradients it leaves."""
        kind, _, precision = way.partition("_")
        tf32 = precision == "tf32"
        torch.set_float32_matmul_precision("high" if tf32 else "highest")
        if way not in self.prepared:
            if kind == "gemm":
                self.prepared[way] = self.gemm_way(torch.bfloat16 if precision == "bf16" else torch.float32)
            else:
                dtype = torch.float64 if way == "eager_double" else torch.float32
                self.prepared[way] = self.loss_way(kind == "compile", dtype)
        return self.prepared[way]

    def begin(self, way, gradient=None):
        """The first calls: what they cost once, the peak of memory, and what they compute."""
        call, inputs = self.prepare(way)
        start = time.perf_counter()
        call()
        synchronize()
        once = time.perf_counter() - start
        memory = None
        for t in inputs:
            t.grad = None
        if on_gpu:
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()
            memory = -torch.cuda.memory_allocated()
        start = time.perf_counter()
        loss = call()
        synchronize()
        seconds = time.perf_counter() - start
        if on_gpu:
            memory += torch.cuda.max_memory_allocated()
        if gradient:
            save(gradient, inputs[0].grad)
        if way == "eager_double":  # only its results are wanted
            del self.prepared[way]
        reply(seconds=seconds, once=once, loss=loss, memory=None if way.startswith("gemm") else memory)

    def block(self, way, calls):
        """Seconds per call, by CUDA's own clock."""
        call, inputs = self.prepare(way)
        call()
        if on_gpu:
            first, last = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            first.record()
            for _ in range(calls):
                call()
            last.record()
            synchronize()
            seconds = first.elapsed_time(last) / 1e3
        else:
            start = time.perf_counter()
            for _ in range(calls):
                call()
            seconds = time.perf_counter() - start
        self.clean(inputs)
        reply(seconds=seconds / calls)

    def clean(self, inputs=()):
        for t in inputs:
            t.grad = None
        if on_gpu:
            torch.cuda.empty_cache()


def late(*_):
    raise TimeoutError("took longer than it may")


def serve_cell(job, more):
    limit = int(job["limit"])
    signal.signal(signal.SIGALRM, late)
    cell = Cell(job)
    reply(ready=True)
    for request in more:
        if request["op"] == "end":
            break
        # An exception at the limit, and soon after it the end of the process, should it be stuck.
        signal.alarm(limit)
        faulthandler.dump_traceback_later(limit + 15, exit=True)
        try:
            if request["op"] == "begin":
                cell.begin(request["way"], request.get("gradient"))
            else:
                cell.block(request["way"], request["calls"])
        except Exception as error:
            reply_error(error)
            cell.prepared.pop(request["way"], None)
            cell.clean()
        signal.alarm(0)
        faulthandler.cancel_dump_traceback_later()
    reply(ended=True)


def main():
    # Nothing here may wake CUDA up: the processes forked for cells do.
    facts = {"python": sys.version.split()[0], "torch": torch.__version__, "cuda": torch.version.cuda or "none"}
    reply(versions=facts)
    incoming = requests()
    for job in incoming:
        if job["op"] == "quit":
            break
        if job["op"] != "cell":  # a question to a process that has ended
            reply(error="the cell has ended")
            continue
        serve_forked(serve_cell, job, incoming)


if __name__ == "__main__":
    main()
