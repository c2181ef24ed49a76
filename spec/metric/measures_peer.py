"""Measures of embeddings by pytorch-metric-learning and scikit-learn, as JSON: FOLDER holds
x.npy [n, d], labels.npy and clusters.npy [n]. Exit code 2: they are not here."""
import json
import sys

try:
    import numpy
    import torch
    from pytorch_metric_learning.distances import CosineSimilarity
    from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator
    from pytorch_metric_learning.utils.inference import CustomKNN
    from sklearn import metrics
except ImportError as missing:
    print(missing, file=sys.stderr)
    sys.exit(2)

folder = sys.argv[1]
x, labels, clusters = (numpy.load(f"{folder}/{name}.npy") for name in ("x", "labels", "clusters"))
names = {
    "recall_at_1": "precision_at_1",
    "r_precision": "r_precision",
    "map_at_r": "mean_average_precision_at_r",
    "map": "mean_average_precision",
    "mrr": "mean_reciprocal_rank",
}
calculator = AccuracyCalculator(
    include=tuple(names.values()), k=len(x) - 1, knn_func=CustomKNN(CosineSimilarity())
)
theirs = calculator.get_accuracy(torch.tensor(x), torch.tensor(labels))
found = {name: float(theirs[key]) for name, key in names.items()}
found["nmi"] = metrics.normalized_mutual_info_score(labels, clusters)
found["ami"] = metrics.adjusted_mutual_info_score(labels, clusters)

unit = x / numpy.linalg.norm(x, axis=1, keepdims=True)
i, j = numpy.triu_indices(len(x), 1)
genuine, similarity = labels[i] == labels[j], (unit @ unit.T)[i, j]
found["auc"] = metrics.roc_auc_score(genuine, similarity)
far, tar, _ = metrics.roc_curve(genuine, similarity, drop_intermediate=False)
for rate in (1e-4, 1e-3, 1e-2, 1e-1):
    found[f"tar_{rate:g}"] = float(tar[numpy.searchsorted(far, rate, side="right") - 1])
print(json.dumps(found))
