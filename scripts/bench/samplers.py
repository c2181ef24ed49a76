"""The part of scripts/bench/samplers.lua that Optuna plays: samplers.py SEEDS TRIALS prints JSON."""

import json
import sys
import warnings
from math import cos, e, exp, pi, sin, sqrt

import optuna

warnings.simplefilter("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)

WEIGHT = [1, 1.2, 3, 3.2]
A = [
    [10, 3, 17, 3.5, 1.7, 8],
    [0.05, 10, 17, 0.1, 8, 14],
    [3, 3.5, 1.7, 10, 17, 8],
    [17, 8, 0.05, 10, 0.1, 14],
]
P = [
    [1312, 1696, 5569, 124, 8283, 5886],
    [2329, 4135, 8307, 3736, 1004, 9991],
    [2348, 1451, 3522, 2883, 3047, 6650],
    [4047, 8828, 8732, 5743, 1091, 381],
]


def branin(x):
    a, b = x[0] - 5, x[1]
    bowl = (b - 5.1 / (4 * pi * pi) * a * a + 5 / pi * a - 6) ** 2
    return bowl + 10 * (1 - 1 / (8 * pi)) * cos(a) + 10


def hartmann(x):
    inner = [sum(A[i][j] * (x[j] - P[i][j] / 1e4) ** 2 for j in range(6)) for i in range(4)]
    return -sum(w * exp(-v) for w, v in zip(WEIGHT, inner))


def ackley(x):
    squares, waves = sum(v * v for v in x), sum(cos(2 * pi * v) for v in x)
    return 20 + e - 20 * exp(-0.2 * sqrt(squares / len(x))) - exp(waves / len(x))


def levy(x):
    w = [1 + (v - 1) / 4 for v in x]
    ends = sin(pi * w[0]) ** 2 + (w[-1] - 1) ** 2 * (1 + sin(2 * pi * w[-1]) ** 2)
    return ends + sum((v - 1) ** 2 * (1 + 10 * sin(pi * v + 1) ** 2) for v in w[:-1])


FUNCTIONS = {
    "sphere": (5, -5, 5, lambda x: sum(v * v for v in x)),
    "rosenbrock": (2, -2, 2, lambda x: 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2),
    "branin": (2, 0, 15, branin),
    "hartmann6": (6, 0, 1, hartmann),
    "ackley": (4, -10, 20, ackley),
    "levy": (3, -10, 10, levy),
}
SAMPLERS = {
    "random": lambda seed: optuna.samplers.RandomSampler(seed=seed),
    "tpe": lambda seed: optuna.samplers.TPESampler(seed=seed, multivariate=True),
    "cmaes": lambda seed: optuna.samplers.CmaEsSampler(seed=seed),
}


def best(function, sampler, trials):
    dimensions, low, high, f = function
    study = optuna.create_study(sampler=sampler)
    names = [f"x{i + 1}" for i in range(dimensions)]
    study.optimize(lambda t: f([t.suggest_float(n, low, high) for n in names]), n_trials=trials)
    return study.best_value


seeds, count = int(sys.argv[1]), int(sys.argv[2])
values = {
    name: {
        kind: [best(function, make(seed), count) for seed in range(1, seeds + 1)]
        for kind, make in SAMPLERS.items()
    }
    for name, function in FUNCTIONS.items()
}
print(json.dumps({"version": optuna.__version__, "values": values}))
