"""What the model is worth on rows it has not seen: metrics, calibration, classes, baselines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from training.generate import Row

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

CALIBRATION_BINS = 10
DECIMALS = 6
"""Metrics are rounded, so that a manifest holds figures and not noise of the last bit."""


def rounded(value: float) -> float:
    return round(float(value), DECIMALS)


def truths(rows: list[Row]) -> Bools:
    return np.array([row["truth"] == 1 for row in rows])


def log_loss(truth: Bools, p: Floats) -> float:
    """Mean negative log likelihood in nats; probabilities are kept 1e-15 away from 0 and 1."""
    safe = np.clip(p, 1e-15, 1 - 1e-15)
    return float(-np.mean(np.where(truth, np.log(safe), np.log1p(-safe))))


def reliability(truth: Bools, p: Floats) -> list[dict[str, float]]:
    """For each tenth of the probability scale: rows, mean probability, share of positives."""
    place = np.minimum((p * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    bins = []
    for number in range(CALIBRATION_BINS):
        inside = place == number
        if inside.any():
            bins.append(
                {
                    "from": number / CALIBRATION_BINS,
                    "rows": int(inside.sum()),
                    "meanProbability": rounded(p[inside].mean()),
                    "positiveShare": rounded(truth[inside].mean()),
                }
            )
    return bins


def expected_calibration_error(truth: Bools, p: Floats) -> float:
    """Mean gap between probability and share of positives, weighted by rows, over ten bins."""
    return sum(
        bin_["rows"] / len(p) * abs(bin_["meanProbability"] - bin_["positiveShare"])
        for bin_ in reliability(truth, p)
    )


def auc(truth: Bools, p: Floats) -> float | None:
    """Area under the ROC curve; none where all rows have the same truth."""
    return rounded(roc_auc_score(truth, p)) if 0 < truth.sum() < len(truth) else None


def metrics_of(truth: Bools, p: Floats) -> dict[str, Any]:
    return {
        "rows": len(p),
        "positiveShare": rounded(truth.mean()),
        "auc": auc(truth, p),
        "accuracy": rounded(np.mean((p > 0.5) == truth)),
        "logLoss": rounded(log_loss(truth, p)),
        "brier": rounded(np.mean((p - truth) ** 2)),
        "ece": rounded(expected_calibration_error(truth, p)),
    }


def by_camera_class(rows: list[Row], p: Floats, trained: set[str]) -> list[dict[str, Any]]:
    """The same metrics for each camera class, the most frequent first."""
    names = np.array([row["camera_class"] for row in rows])
    truth = truths(rows)
    table = []
    for name in sorted(set(names), key=lambda n: (-(names == n).sum(), n)):
        inside = names == name
        entry = {"cameraClass": str(name), "seenInTraining": str(name) in trained}
        always = max(float(truth[inside].mean()), 1 - float(truth[inside].mean()))
        one_side = {"accuracyOfOneSide": rounded(always)}
        table.append(entry | metrics_of(truth[inside], p[inside]) | one_side)
    return table


def baselines(train: list[Row], rows: list[Row]) -> list[dict[str, Any]]:
    """What simple rules reach on the same rows; each rule answers 0 or 1 for the network."""
    shares: dict[str, list[int]] = {}
    for row in train:
        shares.setdefault(row["camera_class"], []).append(row["truth"])
    usual = {name: sum(values) > len(values) / 2 for name, values in shares.items()}
    rules: dict[str, Callable[[Row], bool]] = {
        "always the camera": lambda row: False,
        "always the network": lambda row: True,
        "the higher score wins": lambda row: (
            row["afts_regno_ai_score"] > row["recognition_accuracy"] / 100
        ),
        "the usual winner of the camera class": lambda row: usual.get(row["camera_class"], False),
    }
    truth = truths(rows)
    return [
        _rule_metrics(name, truth, np.array([rule(row) for row in rows]))
        for name, rule in rules.items()
    ]


def _rule_metrics(name: str, truth: Bools, answer: Bools) -> dict[str, Any]:
    return {
        "rule": name,
        "accuracy": rounded(np.mean(answer == truth)),
        "truePositiveRate": rounded(answer[truth].mean()),
        "falsePositiveRate": rounded(answer[~truth].mean()),
    }
