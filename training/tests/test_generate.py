"""The generator makes readings as clients send them, and the same ones each time."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import datetime
from random import Random

import pytest

from training.cameras import CAMERA_CLASSES
from training.generate import FIRST_DAY, LAST_DAY, WIRE_FIELDS, Row, generate, generate_row
from training.plates import REGION_WEIGHTS, random_plate
from training.readers import UNREAD, f32, misread


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return list(generate(1500, seed=5))


def test_a_row_depends_on_seed_and_index_alone(rows: list[Row]) -> None:
    assert generate_row(5, 1234) == rows[1234]
    assert generate_row(6, 1234) != rows[1234]


def test_every_row_has_the_wire_fields_then_the_labels(rows: list[Row]) -> None:
    for row in rows:
        assert tuple(row) == (*WIRE_FIELDS, "truth", "camera_right")
        assert FIRST_DAY <= datetime.fromisoformat(row["time_check"]).date() <= LAST_DAY
        assert row["direction"] in (0, 1)


def test_readings_disagree_and_at_most_one_is_right(rows: list[Row]) -> None:
    for row in rows:
        assert row["regno_recognize"] != row["afts_regno_ai"]
        assert row["truth"] + row["camera_right"] <= 1


def test_a_reading_with_an_unread_symbol_is_never_the_right_one(rows: list[Row]) -> None:
    unread = [row for row in rows if UNREAD in row["regno_recognize"]]
    assert len(unread) > 20
    assert not any(row["camera_right"] for row in unread)


def test_scores_are_32_bit_floats_in_json_text(rows: list[Row]) -> None:
    for row in rows:
        symbols = json.loads(row["afts_regno_ai_char_scores"])
        lengths = json.loads(row["afts_regno_ai_length_scores"])
        assert len(symbols) == len(row["afts_regno_ai"])
        assert all(0 <= score <= 1 and score == f32(score) for score in symbols + lengths)


def test_low_symbol_scores_point_at_the_networks_errors(rows: list[Row]) -> None:
    lowest: dict[int, list[float]] = defaultdict(list)
    for row in rows:
        lowest[row["truth"]].append(min(json.loads(row["afts_regno_ai_char_scores"]) or [0]))
    median = {truth: sorted(scores)[len(scores) // 2] for truth, scores in lowest.items()}
    assert median[0] < 0.95 < median[1]


def test_camera_classes_differ_strongly_and_a_third_or_so_is_positive(rows: list[Row]) -> None:
    truths: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        truths[row["camera_class"]].append(row["truth"])
    assert set(truths) == {camera.name for camera in CAMERA_CLASSES}
    share = {name: sum(values) / len(values) for name, values in truths.items()}
    assert share["Полюс-3"] < 0.15 and share["Ладога-Поток"] > 0.55
    assert 0.30 <= sum(row["truth"] for row in rows) / len(rows) <= 0.40


def test_a_class_has_no_readings_before_its_launch() -> None:
    late = {camera.name: camera.launched for camera in CAMERA_CLASSES if camera.launched}
    found = [row for row in generate(1500, seed=8) if row["camera_class"] in late]
    assert found
    for row in found:
        launched = late[row["camera_class"]]
        assert datetime.fromisoformat(row["time_check"]).date() >= launched


def test_plates_carry_existing_regions() -> None:
    rng = Random(3)
    for _ in range(500):
        plate = random_plate(rng, far_traffic=True)
        assert plate.region == "" or (
            plate.region in REGION_WEIGHTS and plate.text.endswith(plate.region)
        )


@pytest.mark.parametrize("symbol", "0123456789АВЕКМНОРСТУХD")
def test_no_symbol_is_mistaken_for_itself(symbol: str) -> None:
    rng = Random(1)
    assert all(misread(symbol, same, rng) != symbol for same in (True, False) for _ in range(50))
