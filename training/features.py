"""pick_regno: the ten fields of a reading become the model's 41 features.

The same table as the service has in TypeScript. Everything goes by code point; nothing is trimmed
or normalised. `foreign_sym` is always missing, as it was in the service that this replaces.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

Kind = Literal["float", "categorical", "text"]
Value = float | str

SYMBOLS = tuple("18795ВРМ024О6АХ3КЕDСНТУ")

FLOAT_FEATURES = (
    "afts_regno_ai_score", "direction", "recognition_accuracy", "max_sym_score", "min_sym_score",
    "max_len_score", "ai_len", "cam_len", *SYMBOLS, "foreign_sym", "hour",
)  # fmt: skip
CATEGORICAL_FEATURES = (
    "camera_type", "camera_class", "weekday", "month", "regno_template", "regno_template_ai",
)  # fmt: skip
TEXT_FEATURES = ("afts_regno_ai_text", "regno_recognize_text")
FEATURES: tuple[tuple[str, Kind], ...] = (
    *((name, "float") for name in FLOAT_FEATURES),
    *((name, "categorical") for name in CATEGORICAL_FEATURES),
    *((name, "text") for name in TEXT_FEATURES),
)

# Tried in this order; the names are categories of the model, the leading space included.
TEMPLATES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("private car", r"[А-Я]\d{3}[А-Я]{2}\d{2}\d?"),
        (" lk_taxi_r_pricep", r"[А-Я]{2}\d{5}\d?"),
        ("lk_pricep_r_transit", r"[А-Я]{2}\d{6}\d?"),
        ("lk_moto_tract", r"\d{4}[А-Я]{2}\d{2}\d?"),
        ("some", r"[А-Я]\d{4}[А-Я]{2}"),
        ("lk_transit", r"[А-Я]{2}\d{3}[А-Я]\d{2}\d?"),
        ("lk_export", r"[TТ][А-Я]{2}\d{5}\d?"),
        ("lk_mvd_avto", r"[А-Я]\d{6}\d?"),
        ("lk_mvd_moto", r"\d{4}[А-Я]\d{2}\d?"),
        ("lk_mvd_pricep", r"\d{3}[А-Я]\d{2}\d?"),
        ("lk_diplomat", r"\d{3}(CD|СD|D|T|Т)\d{3}\d{0,3}"),
    )
)

# Spelled out, because strftime follows the locale of the machine.
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def template_of(plate: str) -> str:
    """The first template that the whole plate matches, or `unknown`."""
    for name, pattern in TEMPLATES:
        if pattern.fullmatch(plate):
            return name
    return "unknown"


def parse_scores(scores: str | Sequence[float]) -> list[float]:
    """A list of scores, written as JSON text or given as it is; an empty one counts as [0]."""
    values = json.loads(scores) if isinstance(scores, str) else list(scores)
    return [float(value) for value in values] or [0.0]


def symbol_scores(plate: str, scores: Sequence[float]) -> list[float]:
    """For each of SYMBOLS the lowest score it got on the plate; 1 when it is not there."""
    lowest = dict.fromkeys(SYMBOLS, 1.0)
    seen: set[str] = set()
    for symbol, score in zip(plate, scores):
        if symbol in lowest and (symbol not in seen or score < lowest[symbol]):
            lowest[symbol] = score
            seen.add(symbol)
    return [lowest[symbol] for symbol in SYMBOLS]


def features_of(reading: Mapping[str, Any]) -> list[Value]:
    """The 41 features of one reading, in the order of FEATURES."""
    camera, network = str(reading["regno_recognize"]), str(reading["afts_regno_ai"])
    by_symbol = parse_scores(reading["afts_regno_ai_char_scores"])
    by_length = parse_scores(reading["afts_regno_ai_length_scores"])
    time = datetime.strptime(reading["time_check"], "%Y-%m-%d %H:%M:%S")
    return [
        float(reading["afts_regno_ai_score"]),
        float(reading["direction"]),
        float(reading["recognition_accuracy"]),
        max(by_symbol),
        min(by_symbol),
        max(by_length),
        float(len(network)),
        float(len(camera)),
        *symbol_scores(network, by_symbol),
        math.nan,
        float(time.hour),
        str(reading["camera_type"]),
        str(reading["camera_class"]),
        _WEEKDAYS[time.weekday()],
        _MONTHS[time.month - 1],
        template_of(camera),
        template_of(network),
        " ".join(network),
        " ".join(camera),
    ]
