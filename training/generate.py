"""Makes synthetic disagreements between a road camera and a network that read the same plate.

    python -m training.generate --rows 1000 --seed 7 > rows.ndjson

Each line has the ten fields of `POST /reg/`, formatted as clients send them, then `truth`: 1 when
the network's reading is right, 0 otherwise, and `camera_right`, the same for the camera's. Readings
that agree are not written. Where both are wrong, `truth` is 0: nothing is won by replacing the
camera's reading, and a service cannot tell such rows from the others, so the model must see them.
Row i of a seed is the same whatever the number of rows.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from training.cameras import CAMERA_CLASSES, MOBILE, CameraClass, own_score
from training.plates import random_plate
from training.readers import NetworkReading, Picture, camera_reading, network_reading

GENERATOR_VERSION = "1.0.0"
FIRST_DAY = date(2024, 7, 1)
LAST_DAY = date(2025, 12, 31)

WIRE_FIELDS = (
    "regno_recognize", "afts_regno_ai", "recognition_accuracy", "afts_regno_ai_score",
    "afts_regno_ai_char_scores", "afts_regno_ai_length_scores", "camera_type", "camera_class",
    "time_check", "direction",
)  # fmt: skip

Row = dict[str, Any]

# Dawn and dusk of each month at 55° N, in hours of local time.
_DAYLIGHT = (
    (9, 16), (8, 17), (7, 18), (6, 20), (5, 21), (4, 21),
    (4, 21), (5, 20), (6, 19), (7, 17), (8, 16), (9, 16),
)  # fmt: skip
_WORKDAY_HOURS = (
    2, 1, 1, 1, 2, 4, 8, 13, 14, 12, 10, 10, 10, 10, 10, 11, 13, 15, 15, 12, 9, 7, 5, 3,
)  # fmt: skip
_WEEKEND_HOURS = (
    4, 3, 2, 1, 1, 2, 4, 6, 9, 12, 14, 14, 14, 13, 13, 13, 13, 14, 13, 11, 9, 7, 6, 5,
)  # fmt: skip
# Slush and salt on the plates, by month.
_DIRT = (0.9, 0.9, 1.0, 0.6, 0.2, 0.1, 0.1, 0.1, 0.2, 0.5, 0.8, 0.9)
_DAY_TRAFFIC = (1.0, 1.0, 1.02, 1.05, 1.25, 1.1, 1.0)


@dataclass(frozen=True)
class Scene:
    """When and where a picture was taken. `night` is 0 by day, 1 by night, between at dusk."""

    time: datetime
    direction: int
    mount: str
    night: float
    weekend: bool


def _days_of(camera: CameraClass) -> list[date]:
    first = camera.launched or FIRST_DAY
    return [first + timedelta(days=i) for i in range((LAST_DAY - first).days + 1)]


_DAYS = {camera.name: _days_of(camera) for camera in CAMERA_CLASSES}
_DAY_WEIGHTS = {
    name: [_DAY_TRAFFIC[day.weekday()] for day in days] for name, days in _DAYS.items()
}
_SHARES = [camera.share for camera in CAMERA_CLASSES]


def _night(moment: datetime) -> float:
    dawn, dusk = _DAYLIGHT[moment.month - 1]
    hour = moment.hour + moment.minute / 60
    into_day = min(hour - dawn, dusk - hour)
    return min(1.0, max(0.0, 0.5 - into_day))


def random_scene(camera: CameraClass, day: date, rng: Random) -> Scene:
    """A moment of that day, with the traffic of workdays or weekends."""
    weekend = day.weekday() >= 5
    hour = rng.choices(range(24), weights=_WEEKEND_HOURS if weekend else _WORKDAY_HOURS)[0]
    time = datetime(day.year, day.month, day.day, hour, rng.randrange(60), rng.randrange(60))
    mounts = [name for name, _ in camera.mounts]
    mount = rng.choices(mounts, weights=[weight for _, weight in camera.mounts])[0]
    direction = 1 if rng.random() < 0.45 else 0
    return Scene(time, direction, mount, _night(time), weekend)


def random_picture(length: int, scene: Scene, rng: Random) -> Picture:
    """Difficulty of each symbol: the picture as a whole, dirt, and a spot on one symbol."""
    dirt = _DIRT[scene.time.month - 1] * (1.5 if scene.direction == 1 else 0.8)
    overall = rng.gauss(0.0, 0.5) + 0.4 * dirt + 0.5 * scene.night
    overall += 0.3 if scene.mount == MOBILE else 0.0
    symbols = [overall + rng.gauss(0.0, 0.6) for _ in range(length)]
    if rng.random() < 0.30 + 0.20 * dirt:
        symbols[_spotted(length, rng)] += rng.uniform(1.0, 3.5)
    return Picture(symbols, overall)


def _spotted(length: int, rng: Random) -> int:
    """The region stands small at the plate's end: half of the spots that matter are there."""
    return rng.randrange(max(0, length - 3), length) if rng.random() < 0.5 else rng.randrange(length)


def _attempt(camera: CameraClass, day: date, rng: Random) -> Row | None:
    scene = random_scene(camera, day, rng)
    plate = random_plate(rng, far_traffic=scene.weekend)
    picture = random_picture(len(plate.text), scene, rng)
    camera_text, margins = camera_reading(camera, plate, picture, scene.night, rng)
    network = network_reading(camera, plate, picture, scene.night, rng)
    if camera_text == network.text:
        return None
    own = own_score(camera, margins, rng) if camera_text else 0.0
    labels = {
        "truth": int(network.text == plate.text),
        "camera_right": int(camera_text == plate.text),
    }
    return _as_row(camera, scene, camera_text, own, network) | labels


def _as_row(
    camera: CameraClass, scene: Scene, text: str, own: float, network: NetworkReading
) -> Row:
    return {
        "regno_recognize": text,
        "afts_regno_ai": network.text,
        "recognition_accuracy": own,
        "afts_regno_ai_score": network.score,
        "afts_regno_ai_char_scores": json.dumps(network.symbol_scores),
        "afts_regno_ai_length_scores": json.dumps(network.length_scores),
        "camera_type": scene.mount,
        "camera_class": camera.name,
        "time_check": scene.time.strftime("%Y-%m-%d %H:%M:%S"),
        "direction": scene.direction,
    }


def generate_row(seed: int, index: int) -> Row:
    """Row `index` of the stream `seed`."""
    rng = Random(f"regno {GENERATOR_VERSION} {seed} {index}")
    camera = rng.choices(CAMERA_CLASSES, weights=_SHARES)[0]
    day = rng.choices(_DAYS[camera.name], weights=_DAY_WEIGHTS[camera.name])[0]
    while True:
        row = _attempt(camera, day, rng)
        if row is not None:
            return row


def generate(rows: int, seed: int) -> Iterator[Row]:
    """`rows` disagreements in the order of their index, not of their time."""
    return (generate_row(seed, index) for index in range(rows))


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes synthetic disagreements as NDJSON.")
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for row in generate(options.rows, options.seed):
        sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
