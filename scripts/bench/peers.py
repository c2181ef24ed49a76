"""PyTorch's side of bench.lua: the same loss and gradient on the same data.

    python peers.py PEER          PEER: eager | compile | pml

Reads one JSON request a line, writes one JSON reply a line. The first reply names the versions.
{"op": "cell", ...} loads the inputs of a cell and makes a first call in a process forked for this
cell alone, so that its peak memory is its own; {"op": "block", "calls": n} times n calls in a row;
{"op": "end"} ends that process, {"op": "quit"} this one. Nothing here is tuned beyond what a user
would write.
"""

import ctypes
import importlib
import os
import sys
import time

os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")  # no pool of processes beside ours

import numpy
import torch
from formula import class_loss, pair_loss
from pipe import reply, requests, serve_forked


def loss_function(peer, kind, m, gamma):
    """A function of (x, labels) or (x, labels, w)."""
    if peer == "pml":
        losses = importlib.import_module("pytorch_metric_learning.losses")
        loss = losses.CircleLoss(m=m, gamma=gamma)
        if kind == "pair":
            return loss
        return lambda x, labels, w: loss(
            x, labels, ref_emb=w, ref_labels=torch.arange(len(w), dtype=torch.int64)
        )
    plain = pair_loss if kind == "pair" else class_loss
    if peer == "compile":
        plain = torch.compile(plain, dynamic=False)
    return lambda *inputs: plain(*inputs, m, gamma)


def resident(field):
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith(field + ":"):
                return int(line.split()[1]) * 1024
    return None


def peak_memory(call):
    """Bytes of resident memory that a call adds at its peak, and what it returns."""
    ctypes.CDLL(None).malloc_trim(0)
    try:
        with open("/proc/self/clear_refs", "w") as clear:
            clear.write("5")  # the peak starts anew
    except OSError:
        return None, call()
    before = resident("VmRSS")
    result = call()
    return resident("VmHWM") - before, result


class Cell:
    def __init__(self, peer, job):
        torch.set_num_threads(job["threads"])
        load = lambda name: torch.from_numpy(numpy.load(job[name]))
        self.inputs = [load("x").requires_grad_(), load("labels").to(torch.int64) - 1]
        if job["kind"] == "class":
            self.inputs.append(load("w").requires_grad_())
        self.loss = loss_function(peer, job["kind"], job["m"], job["gamma"])

    def call(self, inputs=None):
        inputs = inputs or self.inputs
        for t in inputs:
            t.grad = None
        loss = self.loss(*inputs)
        loss.backward()
        return loss.item()

    def begin(self, peer, job):
        """The first calls: what they cost once, the peak of memory, and what they compute."""
        if peer == "compile":  # its own memory is not that of a call
            start = time.perf_counter()
            self.call()
            compile_seconds = time.perf_counter() - start
        else:  # threads and libraries' tables: a call of a few rows
            few = [t[: min(len(t), 64)].detach() for t in self.inputs]
            few[1] = few[1] % len(few[-1]) if job["kind"] == "class" else few[1]
            self.call([t.requires_grad_() if t.is_floating_point() else t for t in few])
            compile_seconds = None
        start = time.perf_counter()
        memory, loss = peak_memory(self.call)
        seconds = time.perf_counter() - start
        numpy.save(job["gradient"], self.inputs[0].grad.numpy())
        reply(memory=memory, loss=loss, seconds=seconds, compile_seconds=compile_seconds)

    def block(self, calls):
        if calls > 1:
            self.call()
        start = time.perf_counter()
        for _ in range(calls):
            self.call()
        reply(seconds=(time.perf_counter() - start) / calls)


def serve_cell(peer, job, more):
    with open("/proc/self/oom_score_adj", "w") as score:
        score.write("1000")  # if memory runs out, it is this process that ends
    cell = Cell(peer, job)
    cell.begin(peer, job)
    for request in more:
        if request["op"] == "end":
            break
        cell.block(request["calls"])
    reply(ended=True)


def main(peer):
    versions = {"python": sys.version.split()[0], "torch": torch.__version__}
    if peer == "pml":
        package = importlib.import_module("pytorch_metric_learning")
        versions["pytorch-metric-learning"] = package.__version__
    if peer == "compile":
        importlib.import_module("torch._inductor.compile_fx")  # once, not in each cell's process
    reply(versions=versions)
    incoming = requests()
    for job in incoming:
        if job["op"] == "quit":
            break
        serve_forked(serve_cell, peer, job, incoming)


if __name__ == "__main__":
    main(sys.argv[1])
