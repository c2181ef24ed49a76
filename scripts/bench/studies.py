"""Optuna's side of studies.lua.

    python studies.py overhead JOURNAL TRIALS     milliseconds a trial, by number of parameters
    python studies.py open JOURNAL                seconds to open a journal that is there
"""

import json
import os
import sys
import time

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend


def overhead(path, trials, parameters):
    storage = JournalStorage(JournalFileBackend(path))
    study = optuna.create_study(storage=storage, sampler=optuna.samplers.RandomSampler(seed=1))

    def objective(trial):
        for i in range(parameters):
            trial.suggest_float(f"x{i}", 0, 1)
        return 0.0

    begun = time.perf_counter()
    study.optimize(objective, n_trials=trials)
    took = time.perf_counter() - begun
    os.remove(path)
    return 1e3 * took / trials


def main():
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    mode, path = sys.argv[1:3]
    if mode == "overhead":
        answer = {"version": optuna.__version__}
        for parameters in (0, 2):
            turns = [overhead(path, int(sys.argv[3]), parameters) for _ in range(2)]
            answer[str(parameters)] = min(turns)
    else:
        begun = time.perf_counter()
        JournalStorage(JournalFileBackend(path))
        answer = {"seconds": time.perf_counter() - begun}
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
