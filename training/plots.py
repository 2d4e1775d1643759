"""The pictures of the model card."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.metrics import roc_curve

from training.generate import Row
from training.metrics import Bools, Floats

INK, MUTED, GRID = "#1f2933", "#6b7785", "#e3e8ee"
BLUE, ORANGE, PALE = "#1f6fb2", "#e07b39", "#c9d6e3"

_STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 11,
    "axes.titlesize": 14,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 14,
    "figure.constrained_layout.w_pad": 0.12,
    "figure.constrained_layout.h_pad": 0.12,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": PALE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "text.color": INK,
    "axes.titlecolor": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "grid.color": GRID,
    "legend.frameon": False,
    "figure.dpi": 130,
}


def draw_all(folder: Path, manifest: dict[str, Any], rows: list[Row], p: Floats, y: Bools) -> None:
    """Writes every picture of the card into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with plt.rc_context(_STYLE):
        figures = {
            "reliability": reliability_figure(manifest["metrics"]),
            "roc": roc_figure(manifest["metrics"], p, y),
            "camera-classes": classes_figure(manifest["metrics"]["byCameraClass"]),
            "probabilities": probabilities_figure(p, y),
            "importance": importance_figure(manifest["featureImportance"]),
            "hours": hours_figure(rows, p, y),
        }
        for name, figure in figures.items():
            # Without the version of the drawing library the bytes depend on the picture alone.
            figure.savefig(folder / f"{name}.png", metadata={"Software": None})
            plt.close(figure)


def reliability_figure(metrics: dict[str, Any]) -> Figure:
    bins = metrics["reliability"]
    x = [b["meanProbability"] for b in bins]
    y = [b["positiveShare"] for b in bins]
    rows = np.array([b["rows"] for b in bins])
    # Twice the standard error of a share: what chance alone would move a point by.
    error = [2 * np.sqrt(max(v * (1 - v), 1e-4) / n) for v, n in zip(y, rows)]
    figure, (top, low) = plt.subplots(
        2, 1, figsize=(7, 7.6), height_ratios=(4, 1), sharex=True, layout="constrained"
    )
    top.plot([0, 1], [0, 1], color=MUTED, linestyle=(0, (4, 4)), linewidth=1, label="perfect")
    top.errorbar(
        x, y, yerr=error, color=BLUE, marker="o", markersize=7, linewidth=2, capsize=3,
        elinewidth=1, label="pick-regno, ± 2 standard errors",
    )  # fmt: skip
    ece = metrics["overall"]["ece"]
    top.set_title(f"Calibration on the hold-out (ECE {ece:.3f})")
    top.set_ylabel("share where the network was right")
    top.set(xlim=(0, 1), ylim=(0, 1))
    top.legend(loc="upper left")
    top.grid(True)
    low.bar([b["from"] + 0.05 for b in bins], rows, width=0.09, color=PALE)
    low.set_ylabel("rows")
    low.set_xlabel("probability the model gives the network")
    return figure


def roc_figure(metrics: dict[str, Any], p: Floats, y: Bools) -> Figure:
    fpr, tpr, _ = roc_curve(y, p)
    figure, axes = plt.subplots(figsize=(7, 6.6), layout="constrained")
    axes.plot([0, 1], [0, 1], color=MUTED, linestyle=(0, (4, 4)), linewidth=1)
    axes.fill_between(fpr, tpr, color=BLUE, alpha=0.07)
    axes.plot(fpr, tpr, color=BLUE, linewidth=2.2)
    for rule in metrics["baselines"]:
        _rule_point(axes, rule)
    axes.set_title(f"ROC on the hold-out (AUC {metrics['overall']['auc']:.3f})")
    axes.set_xlabel("camera was to be kept, network picked (false positives)")
    axes.set_ylabel("network was right and picked (true positives)")
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.04))
    axes.grid(True)
    return figure


def _rule_point(axes: Axes, rule: dict[str, Any]) -> None:
    x, y = rule["falsePositiveRate"], rule["truePositiveRate"]
    axes.plot(x, y, "o", color=ORANGE, markersize=8, clip_on=False)
    # Above the point at the bottom, below it elsewhere, and towards the middle of the picture.
    axes.annotate(
        rule["rule"], (x, y), xytext=(-10 if x > 0.6 else 10, 10 if y < 0.1 else -16),
        textcoords="offset points", ha="right" if x > 0.6 else "left", va="center", fontsize=10,
        bbox={"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 1.5},
    )  # fmt: skip


def classes_figure(table: list[dict[str, Any]]) -> Figure:
    """Accuracy beside the best fixed choice for that class, and the AUC as a marker."""
    table = list(reversed(table))
    place = np.arange(len(table))
    figure, axes = plt.subplots(figsize=(9.6, 7.4), layout="constrained")
    axes.barh(
        place - 0.19, [c["accuracyOfOneSide"] for c in table], height=0.36, color=PALE,
        label="always the better side of the class",
    )  # fmt: skip
    axes.barh(
        place + 0.19, [c["accuracy"] for c in table], height=0.36, color=BLUE,
        label="accuracy at 0.5",
    )  # fmt: skip
    axes.plot(
        [c["auc"] for c in table], place, "D", color=ORANGE, markersize=7,
        markeredgecolor="white", label="AUC", clip_on=False, zorder=3,
    )  # fmt: skip
    names = [c["cameraClass"] + ("" if c["seenInTraining"] else " (unseen)") for c in table]
    axes.set_yticks(place, [f"{n}\n{c['rows']} rows" for n, c in zip(names, table)], fontsize=9.5)
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    axes.set(xlim=(0.5, 1.0), ylim=(-0.6, len(table) - 0.4))
    axes.grid(True, axis="x")
    axes.set_title("Hold-out by camera class")
    axes.legend(loc="upper center", bbox_to_anchor=(0.45, -0.05), ncols=3)
    return figure


def probabilities_figure(p: Floats, y: Bools) -> Figure:
    edges = np.linspace(0, 1, 41)
    figure, axes = plt.subplots(figsize=(8, 4.8), layout="constrained")
    axes.hist(p[~y], edges, color=ORANGE, alpha=0.75, label="network wrong")
    axes.hist(p[y], edges, color=BLUE, alpha=0.7, label="network right")
    axes.axvline(0.5, color=MUTED, linestyle=(0, (4, 4)), linewidth=1)
    axes.set_yscale("log")
    axes.set_title("How sure the model is, and when it is right")
    axes.set_xlabel("probability the model gives the network")
    axes.set_ylabel("hold-out rows (log scale)")
    axes.set_xlim(0, 1)
    axes.grid(True, axis="y")
    axes.legend(loc="upper center", ncols=2)
    return figure


def importance_figure(importance: dict[str, float]) -> Figure:
    top = sorted(importance.items(), key=lambda item: -item[1])[:20][::-1]
    names = [f"symbol {name}" if len(name) == 1 else name for name, _ in top]
    values = [value for _, value in top]
    figure, axes = plt.subplots(figsize=(8, 7), layout="constrained")
    bars = axes.barh(names, values, color=BLUE, height=0.7)
    axes.bar_label(bars, fmt="%.1f", padding=4, color=MUTED, fontsize=10)
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    axes.set_title("What moves the answer: the first 20 of 41 features")
    axes.set_xlabel("PredictionValuesChange, % of the total")
    axes.set(xlim=(0, max(values) * 1.1), ylim=(-0.7, len(top) - 0.3))
    axes.grid(True, axis="x")
    return figure


def hours_figure(rows: list[Row], p: Floats, y: Bools) -> Figure:
    """Share of wrong decisions by hour, over the number of rows of that hour."""
    hour = np.array([int(row["time_check"][11:13]) for row in rows])
    wrong = (p > 0.5) != y
    counts = np.bincount(hour, minlength=24)
    rate = np.bincount(hour, weights=wrong, minlength=24) / np.maximum(counts, 1)
    error = 2 * np.sqrt(np.maximum(rate * (1 - rate), 1e-4) / np.maximum(counts, 1))
    figure, axes = plt.subplots(figsize=(9, 4.8), layout="constrained")
    behind = axes.twinx()
    behind.bar(range(24), counts, color=GRID, width=0.85)
    behind.set_ylabel("hold-out rows (bars)")
    behind.spines["right"].set_visible(False)
    axes.set_zorder(behind.get_zorder() + 1)
    axes.patch.set_visible(False)
    axes.errorbar(
        range(24), rate, yerr=error, color=BLUE, marker="o", linewidth=2, capsize=3, elinewidth=1
    )
    axes.axhline(
        wrong.mean(), color=ORANGE, linewidth=1.4, linestyle=(0, (4, 4)),
        label=f"all hours: {wrong.mean():.1%}",
    )  # fmt: skip
    axes.legend(loc="upper left")
    axes.set_title("Wrong decisions by hour of the day")
    axes.set_ylabel("share of wrong decisions (± 2 s. e.)")
    axes.set_xlabel("hour, local time")
    axes.yaxis.set_major_formatter(matplotlib.ticker.PercentFormatter(1.0, decimals=0))
    axes.set_xticks(range(0, 24, 2))
    axes.set(xlim=(-0.7, 23.7), ylim=(0, (rate + error).max() * 1.15))
    return figure
