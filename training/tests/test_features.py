"""The 41 features of hand-made readings."""

from __future__ import annotations

import math
from typing import Any

import pytest

from training.features import FEATURES, features_of, parse_scores, symbol_scores, template_of

READING: dict[str, Any] = {
    "regno_recognize": "А123В_77",
    "afts_regno_ai": "А122ВС77",
    "recognition_accuracy": 88.5,
    "afts_regno_ai_score": 0.75,
    "afts_regno_ai_char_scores": "[0.9, 1.0, 0.4, 0.6, 0.99, 0.98, 0.7, 0.8]",
    "afts_regno_ai_length_scores": "[0.01, 0.97]",
    "camera_type": "Стационарная",
    "camera_class": "Астра-Трафик",
    "time_check": "2025-08-31 23:59:59",
    "direction": 1,
}


def named(**changes: Any) -> dict[str, Any]:
    values = features_of(READING | changes)
    return {name: value for (name, _), value in zip(FEATURES, values, strict=True)}


def test_there_are_33_float_6_categorical_and_2_text_features() -> None:
    kinds = [kind for _, kind in FEATURES]
    assert kinds == ["float"] * 33 + ["categorical"] * 6 + ["text"] * 2
    assert len({name for name, _ in FEATURES}) == 41


def test_a_reading_becomes_its_features() -> None:
    features = named()
    assert features["max_sym_score"] == 1.0 and features["min_sym_score"] == 0.4
    assert features["max_len_score"] == 0.97 and features["recognition_accuracy"] == 88.5
    assert features["ai_len"] == 8 and features["cam_len"] == 8 and features["hour"] == 23
    assert (features["weekday"], features["month"]) == ("Sunday", "August")
    assert features["regno_template"] == "unknown"
    assert features["regno_template_ai"] == "private car"
    assert features["afts_regno_ai_text"] == "А 1 2 2 В С 7 7"
    assert features["regno_recognize_text"] == "А 1 2 3 В _ 7 7"
    assert math.isnan(features["foreign_sym"])


def test_a_repeated_symbol_keeps_its_lowest_score_and_an_absent_one_is_1() -> None:
    features = named()
    assert features["2"] == 0.4 and features["7"] == 0.7 and features["А"] == 0.9
    assert features["Х"] == 1.0


def test_the_shorter_of_symbols_and_scores_ends_the_pairs() -> None:
    assert max(symbol_scores("А1", [0.5, 0.6, 0.1])) == 1.0
    assert min(symbol_scores("А1", [0.5, 0.6, 0.1])) == 0.5
    assert symbol_scores("АА1", [0.5]).count(1.0) == 22


def test_a_score_above_1_still_replaces_the_value_of_an_absent_symbol() -> None:
    assert named(afts_regno_ai="А", afts_regno_ai_char_scores="[1.5]")["А"] == 1.5


def test_an_empty_list_counts_as_one_zero() -> None:
    assert parse_scores("[]") == [0.0] and parse_scores([]) == [0.0]
    assert named(afts_regno_ai_char_scores="[]")["А"] == 0.0


def test_lengths_count_code_points() -> None:
    assert named(regno_recognize="🚗1")["cam_len"] == 2


@pytest.mark.parametrize(
    ("plate", "template"),
    [
        ("А123ВС77", "private car"),
        ("А123ВС777", "private car"),
        ("A123BC77", "unknown"),
        ("Ё123ВС77", "unknown"),
        ("А123ВС77\n", "unknown"),
        ("А١٢٣ВС٧٧", "private car"),
        ("АВ12377", " lk_taxi_r_pricep"),
        ("АВ123777", " lk_taxi_r_pricep"),
        ("АВ1234777", "lk_pricep_r_transit"),
        ("1234АВ77", "lk_moto_tract"),
        ("А1234ВС", "some"),
        ("АВ123С77", "lk_transit"),
        ("TАВ12377", "lk_export"),
        ("ТАВ12377", "lk_export"),
        ("А123477", "lk_mvd_avto"),
        ("1234А77", "lk_mvd_moto"),
        ("123А77", "lk_mvd_pricep"),
        ("001CD00177", "lk_diplomat"),
        ("001D00177", "lk_diplomat"),
        ("", "unknown"),
    ],
)
def test_templates(plate: str, template: str) -> None:
    assert template_of(plate) == template
