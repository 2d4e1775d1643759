"""Writes the model card: text and pictures, all figures taken from the manifest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from training.generate import Row
from training.metrics import Floats, truths
from training.plots import draw_all


def write_report(out: Path, manifest: dict[str, Any], rows: list[Row], p: Floats) -> None:
    """model-card.md and plots/ of a model folder; `p` are the answers for the hold-out `rows`."""
    draw_all(out / "plots", manifest, rows, p, truths(rows))
    (out / "model-card.md").write_text(card(manifest), encoding="utf-8")


def table(head: list[str], lines: list[list[str]]) -> str:
    """A Markdown table; every column but the first is a figure and stands to the right."""
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [head, rule, *lines])


def _overall(metrics: dict[str, Any]) -> str:
    o = metrics["overall"]
    model = [
        "**pick-regno**", f"**{o['accuracy']:.3f}**", f"{o['auc']:.3f}", f"{o['logLoss']:.3f}",
        f"{o['brier']:.3f}", f"{o['ece']:.3f}",
    ]  # fmt: skip
    rules = [[b["rule"], f"{b['accuracy']:.3f}", "", "", "", ""] for b in metrics["baselines"]]
    return table(["", "accuracy at 0.5", "AUC", "log loss", "Brier", "ECE"], [model, *rules])


def _classes(metrics: dict[str, Any]) -> str:
    lines = [
        [
            c["cameraClass"] + ("" if c["seenInTraining"] else " (unseen in training)"),
            str(c["rows"]),
            f"{c['positiveShare']:.1%}",
            f"{c['accuracy']:.3f}",
            f"{c['accuracyOfOneSide']:.3f}",
            "" if c["auc"] is None else f"{c['auc']:.3f}",
            f"{c['logLoss']:.3f}",
            f"{c['ece']:.3f}",
        ]
        for c in metrics["byCameraClass"]
    ]
    head = [
        "camera class", "rows", "network right", "accuracy", "one side always", "AUC", "log loss",
        "ECE",
    ]  # fmt: skip
    return table(head, lines)


def _size(manifest: dict[str, Any]) -> str:
    kinds = [f["kind"] for f in manifest["features"]]
    counts = ", ".join(
        f"{kinds.count(kind)} {kind}" for kind in ("float", "categorical", "text")
    )
    model = manifest["model"]
    return f"{model['trees']} oblivious trees, {model['bytes'] / 1e6:.2f} MB, {counts} features"


def card(manifest: dict[str, Any]) -> str:
    m, t = manifest["metrics"], manifest["training"]
    rows, o = t["rows"], m["overall"]
    new = [c for c in m["byCameraClass"] if not c["seenInTraining"]]
    unseen, unseen_share = [c["cameraClass"] for c in new], sum(c["rows"] for c in new) / o["rows"]
    return f"""# Model card: {manifest["name"]} {manifest["version"]}

A road camera and a neural network read the same number plate and disagree. The model answers with
the probability that the **network's reading is the right one** (`positive`); `negative` is the rest.

* CatBoost {t["catboostVersion"]}, {_size(manifest)}.
* Created {manifest["created"]}. SHA-256 of `model.cbm`: `{manifest["model"]["sha256"]}`.
* **All data is synthetic.** The figures below say how well the model learned a made-up world, not
  how well it would do on a real road.

## Intended use

To show, test and measure the service with a model that behaves like a real one: the same wire
fields, the same kinds of features, a file of similar size. It stands in for a model trained on
one's own labelled readings, which is what belongs in production (`models/README.md` says how to
ship one).

Not for: deciding fines or anything else about people, reading plates (it only chooses between two
readings), or cameras whose habits it never saw.

## Data

Drawn by `training/generate.py` {t["generatorVersion"]} with seed {t["seeds"]["data"]}:
{sum(rows.values()):,} disagreements between {t["period"]["from"]} and {t["period"]["to"]}.

* Plates: real Russian region codes and public plate formats (private, taxi, trailer, transit, moto,
  military, export, police, diplomatic, foreign), random symbols.
* Thirteen camera classes, all but one of invented name, all of invented habits: their own error
  rates, confusions (8/В, 0/О, 7/1, ...), unread symbols `_`, lost last digits, score scales (0..100,
  0..10, 0..1, constant).
* Night, dusk, season, direction, mobile mounts and weekend traffic make pictures harder. A hard
  symbol is hard for both readers, and the network's scores of symbols show its errors, with noise.
* Label: 1 when the network's reading is right. In {m["bothWrongShare"]:.1%} of the hold-out both
  are wrong; these count as 0, because nothing is won by replacing the camera's reading.

Split by time, so that the hold-out is later than anything trained on: {rows["train"]:,} rows train,
{rows["validation"]:,} (from {t["split"]["validationFrom"]}) choose the number of trees,
{rows["holdout"]:,} (from {t["split"]["holdoutFrom"]}) are the hold-out.
{", ".join(unseen)} starts after the training rows end and has {unseen_share:.0%} of the hold-out: it
shows what an unseen camera costs.

## Results on the hold-out

{o["rows"]:,} rows, {o["positiveShare"]:.1%} of them positive.

{_overall(m)}

"The higher score wins" takes the camera's score / 100 at its face; scales differ by class, which is
why it does badly. ECE: mean gap between probability and outcome over ten equal bins.

![ROC curve with the rules as points](plots/roc.png)

## By camera class

"One side always" is the accuracy of the better of "camera" and "network" for that class, chosen
with hindsight. Classes with few rows, or few of one side, have figures that mean little: an AUC may
hang on a single row.

{_classes(m)}

![Accuracy and AUC by camera class](plots/camera-classes.png)

## Calibration

![Reliability curve](plots/reliability.png)

![Histogram of probabilities](plots/probabilities.png)

## What it looks at

![Feature importance](plots/importance.png)

`foreign_sym` is always missing and carries nothing: it is there because the features keep the order
and the names that clients' models have.

## Errors by hour

![Errors by hour](plots/hours.png)

By design night and dusk make errors more frequent for both readers, but the share of wrong decisions
hardly moves with the hour: nearly all error bars hold the mean. Hours with few rows have wide ones.

## Limits

* Synthetic: real cameras err in ways that nobody wrote into the generator.
* Camera class and its score scale carry much of the answer. A class it does not know gets the
  prior of its categories and is judged by the rest (see the unseen class above); a class whose firmware
  changed is judged by its past.
* Foreign plates and rare templates are few; there it is less sure, and rightly so.
* It never sees the picture, and where both readings are wrong it can only say "not the network's".
* Latin look-alikes are other symbols to it: what normalises them must stand before the service.

## A note on people

A number plate is personal data: with a place and a time it says where somebody was. This model was
made without a single real plate; those in `golden.ndjson` are random, and one that exists on
a car is a coincidence. Train on real readings only with the right to do so, keep plates out of logs
(the service does), and let a person look at decisions that cost somebody money.

## Making it again

`npm run train` draws the same rows, trains the same trees and writes this folder; `npm run
train:check` does so beside it and compares. `training/README.md` says what is equal and what is not.
"""
