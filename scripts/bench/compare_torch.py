"""PyTorch's side of compare_torch.lua: a plain eager implementation of the same training.

    python compare_torch.py JOB.json RESULT.json

The job names one of four modes (exact, quality, speed, sweep) and the files that circlet wrote: initial
weights and batches as .npy. Nothing here is tuned: masks, logsumexp, autograd, torch.optim.Adam.
"""

import gzip
import json
import statistics
import sys
import time

import numpy
import torch
import torch.nn.functional as functional


def images_of(folder, split, dtype):
    with gzip.open(f"{folder}/{split}-images-idx3-ubyte.gz") as file:
        pixels = numpy.frombuffer(file.read(), numpy.uint8, offset=16).reshape(-1, 1, 28, 28)
    with gzip.open(f"{folder}/{split}-labels-idx1-ubyte.gz") as file:
        labels = numpy.frombuffer(file.read(), numpy.uint8, offset=8)
    inputs = (torch.from_numpy(pixels.copy()).to(dtype) / 255 - 0.286) / 0.353
    return inputs, torch.from_numpy(labels.astype(numpy.int64))


def circle_loss(x, labels, m, gamma):
    """Pair-wise Circle Loss, mean over valid anchors, the weights alpha held fixed."""
    unit = functional.normalize(x, dim=1)
    s = unit @ unit.t()
    same = labels[:, None] == labels[None, :]
    positive = same & ~torch.eye(len(labels), dtype=torch.bool)
    negative = ~same
    alpha_p = (1 + m - s.detach()).clamp_min(0)
    alpha_n = (s.detach() + m).clamp_min(0)
    logit_p = (-gamma * alpha_p * (s - (1 - m))).masked_fill(~positive, -torch.inf)
    logit_n = (gamma * alpha_n * (s - m)).masked_fill(~negative, -torch.inf)
    valid = positive.any(1) & negative.any(1)
    loss = functional.softplus(torch.logsumexp(logit_p, 1) + torch.logsumexp(logit_n, 1))
    return loss[valid].mean()


def model_of(name):
    nn = torch.nn
    if name == "mlp":
        return nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 64))
    layers, channels = [], 1
    for block, planes in enumerate((16, 32, 64)):
        layers += [nn.Conv2d(channels, planes, 3, padding=1), nn.BatchNorm2d(planes), nn.ReLU()]
        layers += [nn.MaxPool2d(2)] if block < 2 else []
        channels = planes
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 64))


class Run:
    def __init__(self, model, inputs, labels, gamma, m):
        self.model, self.inputs, self.labels = model, inputs, labels
        self.gamma, self.m = gamma, m
        self.optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)

    def phases(self, rows):
        """One step; returns when each of its phases ended."""
        times = [time.perf_counter()]
        inputs, labels = self.inputs[rows], self.labels[rows]
        times.append(time.perf_counter())
        self.optimiser.zero_grad()
        embeddings = self.model(inputs)
        times.append(time.perf_counter())
        leaf = embeddings.detach().requires_grad_()
        loss = circle_loss(leaf, labels, self.m, self.gamma)
        times.append(time.perf_counter())
        loss.backward()
        times.append(time.perf_counter())
        embeddings.backward(leaf.grad)
        times.append(time.perf_counter())
        self.optimiser.step()
        times.append(time.perf_counter())
        return times

    def step(self, rows):
        self.optimiser.zero_grad()
        loss = circle_loss(self.model(self.inputs[rows]), self.labels[rows], self.m, self.gamma)
        loss.backward()
        self.optimiser.step()
        return loss.item()


def rows_of(path):
    return torch.from_numpy(numpy.load(path).astype(numpy.int64) - 1)


def retrieval(embeddings, labels):
    """R@1, R-precision and MAP@R, leave-one-out, cosine similarity."""
    unit = functional.normalize(embeddings, dim=1)
    totals = torch.zeros(3, dtype=torch.float64)
    counts = torch.bincount(labels)
    for first in range(0, len(unit), 1000):
        part = slice(first, first + 1000)
        s = unit[part] @ unit.t()
        s[torch.arange(len(s)), torch.arange(first, first + len(s))] = -torch.inf
        relevant = counts[labels[part]] - 1
        top = s.topk(int(relevant.max()), dim=1).indices
        hit = (labels[top] == labels[part, None]).double()
        within = torch.arange(top.shape[1])[None, :] < relevant[:, None]
        hit = hit * within
        precision = hit.cumsum(1) / torch.arange(1, top.shape[1] + 1)
        totals[0] += hit[:, 0].sum()
        totals[1] += (hit.sum(1) / relevant).sum()
        totals[2] += ((precision * hit).sum(1) / relevant).sum()
    return (totals / len(unit)).tolist()


def exact(job):
    dtype = torch.float64
    inputs, labels = images_of(job["folder"], "train", dtype)
    model = model_of(job["model"]).to(dtype)
    with torch.no_grad():
        for parameter, path in zip(model.parameters(), job["weights"], strict=True):
            parameter.copy_(torch.from_numpy(numpy.load(path)).reshape(parameter.shape))
    run = Run(model, inputs, labels, job["gamma"], job["m"])
    return {"losses": [run.step(rows) for rows in rows_of(job["batches"])]}


def quality(job):
    torch.manual_seed(job["seed"])
    inputs, labels = images_of(job["folder"], "train", torch.float32)
    test_inputs, test_labels = images_of(job["folder"], "t10k", torch.float32)
    results = []
    for case in job["cases"]:
        torch.manual_seed(job["seed"])
        run = Run(model_of(case["model"]), inputs, labels, case["gamma"], case["m"])
        for rows in rows_of(case["batches"]):
            run.step(rows)
        run.model.eval()
        with torch.no_grad():
            embeddings = torch.cat([run.model(part) for part in test_inputs.split(1000)])
        results.append(retrieval(embeddings, test_labels))
    return {"results": results}


def speed(job):
    inputs, labels = images_of(job["folder"], "train", torch.float32)
    results = []
    for case in job["cases"]:
        torch.manual_seed(1)
        run = Run(model_of(case["model"]), inputs, labels, case["gamma"], case["m"])
        times, phases = [], []
        for rows in rows_of(case["batches"]):
            begun = time.perf_counter()
            run.step(rows)
            times.append(time.perf_counter() - begun)
        for rows in rows_of(case["batches"]):
            ends = run.phases(rows)
            phases.append([after - before for before, after in zip(ends, ends[1:])])
        kept = zip(*phases[case["warm_up"]:])
        results.append({"step": 1000 * statistics.median(times[case["warm_up"]:]),
                        "phases": [1000 * statistics.median(phase) for phase in kept]})
    return {"results": results}


def sweep(job):
    inputs, labels = images_of(job["folder"], "train", torch.float32)
    test_inputs, test_labels = images_of(job["folder"], "t10k", torch.float32)
    batches = rows_of(job["batches"])
    begun = time.perf_counter()
    results = []
    for setting in job["settings"]:
        torch.manual_seed(1)
        run = Run(model_of("mlp"), inputs, labels, setting["gamma"], setting["m"])
        for rows in batches:
            run.step(rows)
        run.model.eval()
        with torch.no_grad():
            embeddings = torch.cat([run.model(part) for part in test_inputs.split(1000)])
        results.append(retrieval(embeddings, test_labels))
    return {"seconds": time.perf_counter() - begun, "results": results}


def main():
    with open(sys.argv[1]) as file:
        job = json.load(file)
    torch.set_num_threads(job["threads"])
    result = {"exact": exact, "quality": quality, "speed": speed, "sweep": sweep}[job["mode"]](job)
    result["torch"] = torch.__version__.split("+")[0]
    result["threads"] = torch.get_num_threads()
    with open(sys.argv[2], "w") as file:
        json.dump(result, file)


if __name__ == "__main__":
    main()
