"""Golden readings: varied inputs whose answers by CatBoost are kept next to the model."""

from __future__ import annotations

import json
from collections.abc import Callable

from training.generate import WIRE_FIELDS, Row, generate

Change = Callable[[Row], Row]


def _with(**fields: object) -> Change:
    return lambda row: row | fields


def _map_network(change: Callable[[str], str]) -> Change:
    return lambda row: row | {"afts_regno_ai": change(row["afts_regno_ai"])}


def _map_camera(change: Callable[[str], str]) -> Change:
    return lambda row: row | {"regno_recognize": change(row["regno_recognize"])}


def _latin(text: str) -> str:
    return text.translate(str.maketrans("АВЕКМНОРСТУХ", "ABEKMHOPCTYX"))


def _scores(scores: str, count: int) -> str:
    values = json.loads(scores) or [0.5]
    return json.dumps((values * (count // len(values) + 1))[:count])


def _symbol_scores(count: int) -> Change:
    field = "afts_regno_ai_char_scores"
    return lambda row: row | {field: _scores(row[field], count)}


# Each of these is laid over a few drawn readings.
ODD: tuple[Change, ...] = (
    _with(regno_recognize="", recognition_accuracy=0),
    _with(afts_regno_ai="", afts_regno_ai_char_scores="[]", afts_regno_ai_length_scores="[]"),
    _with(afts_regno_ai_char_scores="[]"),
    _with(afts_regno_ai_length_scores="[]"),
    _with(regno_recognize="_________"),
    _map_camera(lambda plate: plate[:-1] + "_"),
    _map_camera(lambda plate: "_" + plate[1:]),
    _map_camera(_latin),
    _map_network(_latin),
    _map_camera(str.lower),
    _map_camera(lambda plate: f" {plate} "),
    _map_camera(lambda plate: plate + "\n"),
    _map_network(lambda plate: plate.replace("0", "О")),
    _map_network(lambda plate: plate * 4),
    _with(regno_recognize="12🚗34", afts_regno_ai="😀А123ВС77"),
    _with(regno_recognize="А١٢٣ВС٧٧"),
    _with(regno_recognize="Ё123ЁЁ77", afts_regno_ai="É123ÉÉ77"),
    _with(regno_recognize="001CD001177", afts_regno_ai="001СD00177"),
    _with(regno_recognize="TАВ12377", afts_regno_ai="ТАВ12377"),
    _with(camera_class="Нет такой камеры"),
    _with(camera_class="", camera_type=""),
    _with(camera_class="астра-трафик"),
    _with(camera_type="Неизвестная"),
    _with(recognition_accuracy=-1),
    _with(recognition_accuracy=1e9),
    _with(recognition_accuracy=0.5),
    _with(afts_regno_ai_score=0),
    _with(afts_regno_ai_score=1),
    _with(direction=2),
    _with(direction=0.5),
    _with(time_check="2024-02-29 00:00:00"),
    _with(time_check="1999-12-31 23:59:59"),
    _with(time_check="2031-05-01 03:30:00"),
    _symbol_scores(3),
    _symbol_scores(20),
    _with(afts_regno_ai_char_scores="[1.0,1,1e-9, 0.99]"),
)
PER_ODD = 2


def golden_readings(seed: int, drawn: int) -> list[Row]:
    """`drawn` readings as they come, then PER_ODD readings with each of the oddities."""
    rows = list(generate(drawn + PER_ODD * len(ODD), seed))
    changed = [
        ODD[number // PER_ODD](row) for number, row in enumerate(rows[drawn:])
    ]  # fmt: skip
    return [{field: row[field] for field in WIRE_FIELDS} for row in rows[:drawn] + changed]
