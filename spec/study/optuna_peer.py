"""The other side of spec/study/optuna_check.lua: what Optuna does with a journal.

    optuna_peer.py version                   prints Optuna's version
    optuna_peer.py write JOURNAL             a new journal with the studies of the stored fixture
    optuna_peer.py dump JOURNAL              what Optuna reads, as JSON
    optuna_peer.py add JOURNAL STUDY COUNT   adds trials to a study with parameters x, n, kind
    optuna_peer.py importances JOURNAL STUDY
    optuna_peer.py front JOURNAL STUDY       the numbers of the best trials of several objectives
    optuna_peer.py plot JOURNAL ONE SEVERAL  what Optuna draws of a study of one objective and of one
                                             of several: traces a figure, as JSON
"""

import json
import os
import sys
import warnings

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

warnings.simplefilter("ignore")
optuna.logging.set_verbosity(optuna.logging.CRITICAL)


def storage_at(path):
    return JournalStorage(JournalFileBackend(path))


def objective(trial):
    x = trial.suggest_float("x", 1e-4, 1.0, log=True)
    n = trial.suggest_int("n", 1, 8)
    kind = trial.suggest_categorical("kind", ["sgd", "adam"])
    trial.set_user_attr("writer", "optuna")
    trial.report(x + n, 0)
    return x * n + (kind == "adam")


def everything(trial):
    trial.suggest_float("lr", 1e-5, 1, log=True)
    trial.suggest_int("units", 1, 512, log=True)
    trial.suggest_float("drop", 0, 0.5, step=0.1)
    trial.suggest_int("even", 2, 9, step=2)
    if trial.suggest_categorical("opt", ["sgd", None, True, 3, 2.5]) == "sgd":
        trial.suggest_float("momentum", 0, 1)
    trial.set_user_attr("note", ["é", {"none": None}])
    for step in range(3):
        trial.report(float("nan") if trial.number == 1 else 0.1 * step + 0.2, step)
    if trial.number == 2:
        raise ValueError("broken")
    if trial.number == 3:
        raise optuna.TrialPruned
    return {4: float("inf"), 5: float("nan")}.get(trial.number, 0.1 + 0.2)


def write(path):
    storage = storage_at(path)
    study = optuna.create_study(
        storage=storage, study_name='every "kind"', sampler=optuna.samplers.RandomSampler(seed=1)
    )
    study.set_user_attr("data", "mnist")
    study.enqueue_trial({"lr": 0.01, "opt": "sgd"})
    study.optimize(everything, n_trials=7, catch=(ValueError,))
    study.add_trial(
        optuna.trial.create_trial(
            params={"lr": 0.5},
            distributions={"lr": optuna.distributions.FloatDistribution(0.1, 1)},
            value=2.0,
            intermediate_values={1: 2.5},
        )
    )
    study.ask({"x": optuna.distributions.FloatDistribution(0, 1)})
    study.enqueue_trial({"lr": 0.125})
    optuna.create_study(storage=storage, study_name="deleted")
    optuna.delete_study(storage=storage, study_name="deleted")
    multi = optuna.create_study(
        storage=storage,
        study_name="multi",
        directions=["minimize", "maximize"],
        sampler=optuna.samplers.RandomSampler(seed=1),
    )
    multi.set_metric_names(["loss", "recall"])

    def both(trial):
        a, b = trial.suggest_float("a", 0, 1), trial.suggest_float("b", 0, 1)
        trial.set_constraint("small", a - 0.5)
        return a, b

    multi.optimize(both, n_trials=3)


def dump(path):
    storage, studies = storage_at(path), []
    for study in storage.get_all_studies():
        trials = [
            {
                "number": t.number,
                "state": t.state.name.lower(),
                "values": t.values,
                "params": t.params,
                "internal": {
                    name: float(d.to_internal_repr(t.params[name]))
                    for name, d in t.distributions.items()
                },
                "user_attrs": t.user_attrs,
                "system_attrs": t.system_attrs,
                "intermediate": [[s, t.intermediate_values[s]] for s in sorted(t.intermediate_values)],
            }
            for t in storage.get_all_trials(study._study_id)
        ]
        studies.append(
            {
                "name": study.study_name,
                "directions": [d.name.lower() for d in study.directions],
                "user_attrs": study.user_attrs,
                "system_attrs": study.system_attrs,
                "trials": trials,
            }
        )
    print(json.dumps(studies, indent=1))


def add(path, name, count):
    sampler = optuna.samplers.TPESampler(seed=os.getpid(), n_startup_trials=5)
    study = optuna.load_study(storage=storage_at(path), study_name=name, sampler=sampler)
    study.optimize(objective, n_trials=int(count))


def importances(path, name):
    study = optuna.load_study(storage=storage_at(path), study_name=name)
    evaluator = optuna.importance.PedAnovaImportanceEvaluator()
    print(json.dumps(optuna.importance.get_param_importances(study, evaluator=evaluator)))


def front(path, name):
    study = optuna.load_study(storage=storage_at(path), study_name=name)
    print(*sorted(t.number for t in study.best_trials))


def plot(path, single, several):
    plots = optuna.visualization
    if not plots.is_available():
        print(json.dumps({"plotly": False}))
        return
    one = optuna.load_study(storage=storage_at(path), study_name=single)
    two = optuna.load_study(storage=storage_at(path), study_name=several)
    evaluator = optuna.importance.PedAnovaImportanceEvaluator()
    figures = {
        "history": plots.plot_optimization_history(one),
        "importances": plots.plot_param_importances(one, evaluator=evaluator),
        "parallel coordinates": plots.plot_parallel_coordinate(one),
        "slices": plots.plot_slice(one),
        "contour": plots.plot_contour(one, params=["x", "n"]),
        "intermediate values": plots.plot_intermediate_values(one),
        "distribution": plots.plot_edf(one),
        "timeline": plots.plot_timeline(one),
        "front": plots.plot_pareto_front(two),
    }
    traces = {name: len(figure.data) for name, figure in figures.items()}
    print(json.dumps({"plotly": True, "traces": traces}))


COMMANDS = {"write": write, "dump": dump, "add": add, "importances": importances, "front": front,
            "plot": plot}

if sys.argv[1] == "version":
    print(optuna.__version__)
else:
    COMMANDS[sys.argv[1]](*sys.argv[2:])
