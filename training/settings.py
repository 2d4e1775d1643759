"""Every number that decides what comes out of training, in one place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

NAME = "pick-regno"
VERSION = "1.0.0"
CREATED = "2026-11-21"
"""Written by hand with each version, so that retraining gives the same manifest."""

MODEL_FOLDER = Path(__file__).resolve().parent.parent / "models" / NAME

DATA_ROWS = 32_000
DATA_SEED = 20251
GOLDEN_SEED = 977
"""Golden readings come from another stream than the training rows."""
GOLDEN_DRAWN = 130

# Rows before the first moment train, those before the second choose the number of trees, and
# those after it are the hold-out, which nothing but the final figures is taken from.
VALIDATION_FROM = "2025-08-01"
HOLDOUT_FROM = "2025-10-01"

CATBOOST: dict[str, Any] = {
    "loss_function": "Logloss",
    "iterations": 64,
    "depth": 8,
    "learning_rate": 0.18,
    "l2_leaf_reg": 10.0,
    "max_ctr_complexity": 1,
    "one_hot_max_size": 2,
    "random_seed": 42,
    "thread_count": 2,
    "boosting_type": "Plain",
    "bootstrap_type": "MVS",
    "allow_writing_files": False,
}

CLASS_NAMES = ("negative", "positive")
