"""Trains pick-regno and writes its model folder.

    python -m training.train [--out FOLDER]

Draws the rows, splits them by time, trains CatBoost, measures it on the hold-out and writes
model.cbm, manifest.json, golden.ndjson, model-card.md and plots/. With the pinned packages every
run gives the same predictions, bit for bit; see README.md for what differs in the file.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from dataclasses import dataclass
from multiprocessing import Pool as Processes
from pathlib import Path
from typing import Any

import catboost
import numpy as np

from training import settings
from training.features import CATEGORICAL_FEATURES, FEATURES, TEXT_FEATURES, features_of
from training.generate import FIRST_DAY, GENERATOR_VERSION, LAST_DAY, Row, generate_row
from training.golden import golden_readings
from training.metrics import (
    Floats,
    baselines,
    by_camera_class,
    metrics_of,
    reliability,
    truths,
)
from training.report import write_report

KEPT_METADATA = ("params", "class_params")
"""The rest of a .cbm's own metadata is a random id, the time and the machine of the build."""


@dataclass(frozen=True)
class Split:
    """Rows in the order of their time: the hold-out is later than all that was trained on."""

    train: list[Row]
    validation: list[Row]
    holdout: list[Row]


def _drawn(index: int) -> Row:
    return generate_row(settings.DATA_SEED, index)


def draw_rows() -> list[Row]:
    """All rows, sorted by time. Rows do not depend on each other, so processes share them."""
    with Processes(settings.CATBOOST["thread_count"]) as processes:
        rows = processes.map(_drawn, range(settings.DATA_ROWS), chunksize=500)
    return sorted(rows, key=lambda row: row["time_check"])


def split_by_time(rows: list[Row]) -> Split:
    return Split(
        [r for r in rows if r["time_check"] < settings.VALIDATION_FROM],
        [r for r in rows if settings.VALIDATION_FROM <= r["time_check"] < settings.HOLDOUT_FROM],
        [r for r in rows if r["time_check"] >= settings.HOLDOUT_FROM],
    )


def to_pool(rows: list[Row], labelled: bool = True) -> catboost.Pool:
    return catboost.Pool(
        [features_of(row) for row in rows],
        label=[row["truth"] for row in rows] if labelled else None,
        cat_features=list(CATEGORICAL_FEATURES),
        text_features=list(TEXT_FEATURES),
        feature_names=[name for name, _ in FEATURES],
    )


def fit(split: Split) -> catboost.CatBoostClassifier:
    """Trains on the first part; the second says how many of the trees are kept."""
    model = catboost.CatBoostClassifier(**settings.CATBOOST)
    validation = to_pool(split.validation)
    model.fit(to_pool(split.train), eval_set=validation, use_best_model=True, verbose=20)
    metadata = model.get_metadata()
    for key in list(metadata.keys()):
        if key not in KEPT_METADATA:
            del metadata[key]
    return model


def saved_and_read_back(
    model: catboost.CatBoostClassifier, path: Path
) -> catboost.CatBoostClassifier:
    """All figures come from the file that is shipped, not from the model in memory."""
    model.save_model(str(path))
    return catboost.CatBoostClassifier().load_model(str(path))


def positives(model: catboost.CatBoostClassifier, rows: list[Row]) -> Floats:
    answers = model.predict_proba(to_pool(rows, labelled=False), thread_count=1)
    return np.asarray(answers[:, 1], dtype=np.float64)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def write_golden(model: catboost.CatBoostClassifier, path: Path) -> int:
    """CatBoost's own two probabilities for each golden reading, every digit of them."""
    rows = golden_readings(settings.GOLDEN_SEED, settings.GOLDEN_DRAWN)
    answers = model.predict_proba(to_pool(rows, labelled=False), thread_count=1)
    lines = [
        {"input": row, "expected": {"negative": float(p0), "positive": float(p1)}}
        for row, (p0, p1) in zip(rows, answers)
    ]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    path.write_text(text, encoding="utf-8")
    return len(lines)


def importances(model: catboost.CatBoostClassifier) -> dict[str, float]:
    values = model.get_feature_importance(type="PredictionValuesChange")
    return {name: round(float(v), 4) for (name, _), v in zip(FEATURES, values)}


def evaluation(model: catboost.CatBoostClassifier, split: Split) -> dict[str, Any]:
    p = positives(model, split.holdout)
    truth = truths(split.holdout)
    both_wrong = np.mean([not (r["truth"] or r["camera_right"]) for r in split.holdout])
    return {
        "rows": "hold-out, the last three months",
        "overall": metrics_of(truth, p),
        "bothWrongShare": round(float(both_wrong), 6),
        "baselines": baselines(split.train, split.holdout),
        "byCameraClass": by_camera_class(
            split.holdout, p, {row["camera_class"] for row in split.train}
        ),
        "reliability": reliability(truth, p),
        "predictionsSha256": sha256(p.tobytes()),
    }


def manifest_of(
    model: catboost.CatBoostClassifier, file: bytes, split: Split, golden: int
) -> dict[str, Any]:
    return {
        "schemaVersion": 1,
        "name": settings.NAME,
        "version": settings.VERSION,
        "created": settings.CREATED,
        "description": "The probability that the network's reading of a plate is the right one.",
        "model": {
            "file": "model.cbm",
            "format": "catboost-cbm",
            "sha256": sha256(file),
            "bytes": len(file),
            "trees": model.tree_count_,
        },
        "golden": {"file": "golden.ndjson", "rows": golden, "tolerance": 1e-12},
        "classNames": list(settings.CLASS_NAMES),
        "features": [{"name": name, "kind": kind} for name, kind in FEATURES],
        "metrics": evaluation(model, split),
        "featureImportance": importances(model),
        "training": training_facts(split),
    }


def training_facts(split: Split) -> dict[str, Any]:
    return {
        "command": "npm run train",
        "data": "synthetic",
        "generatorVersion": GENERATOR_VERSION,
        "catboostVersion": catboost.__version__,
        "seeds": {
            "data": settings.DATA_SEED,
            "golden": settings.GOLDEN_SEED,
            "catboost": settings.CATBOOST["random_seed"],
        },
        "period": {"from": str(FIRST_DAY), "to": str(LAST_DAY)},
        "split": {"validationFrom": settings.VALIDATION_FROM, "holdoutFrom": settings.HOLDOUT_FROM},
        "rows": {
            "train": len(split.train),
            "validation": len(split.validation),
            "holdout": len(split.holdout),
        },
        "parameters": settings.CATBOOST,
    }


def describe(out: Path, model: catboost.CatBoostClassifier, split: Split) -> None:
    """Everything of a model folder that can be made from its model.cbm: all the other files."""
    golden = write_golden(model, out / "golden.ndjson")
    manifest = manifest_of(model, (out / "model.cbm").read_bytes(), split, golden)
    text = json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"
    (out / "manifest.json").write_text(text, encoding="utf-8")
    write_report(out, manifest, split.holdout, positives(model, split.holdout))
    print(json.dumps(manifest["metrics"]["overall"]))


def train(out: Path) -> None:
    """Everything: rows, model, figures and the files of the model folder."""
    out.mkdir(parents=True, exist_ok=True)
    split = split_by_time(draw_rows())
    describe(out, saved_and_read_back(fit(split), out / "model.cbm"), split)


def main() -> None:
    parser = argparse.ArgumentParser(description="Trains pick-regno and writes its folder.")
    parser.add_argument("--out", type=Path, default=settings.MODEL_FOLDER)
    train(parser.parse_args().out)


if __name__ == "__main__":
    main()
