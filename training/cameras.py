"""Camera classes: who they are, how they err and on which scale they score themselves.

All classes but Астра-Трафик are invented, and the habits of every class, that one included, are
made up: nothing here says how a real product behaves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Literal

Scale = Literal["percent", "percent_fraction", "tens", "unit", "constant"]

STATIONARY = "Стационарная"
MOBILE = "Передвижная"
CORRIDOR = "Рубежная"


@dataclass(frozen=True)
class CameraClass:
    """The habits of one camera class. Margins are in logits: lower means more errors."""

    name: str
    share: float
    """Share of the disagreements."""
    mounts: tuple[tuple[str, float], ...]
    margin: float
    """Typical margin of the right symbol over the next one, in daylight on a clean plate."""
    sensitivity: float
    """How much of a symbol's difficulty takes away from the margin."""
    night: float
    """How much harder the night is for this class (and for the network on its pictures)."""
    network_shift: float
    """How much harder its pictures are for the network."""
    unread: float
    """Chance that a doubtful symbol becomes `_` instead of a guess."""
    drop: float
    """Chance that the last digit of a three-digit region gets lost on an average picture."""
    grammar: float
    """Chance that it reads digits as digits and letters as letters, as a known template says."""
    rare_penalty: float
    """How much harder a rare template is for it."""
    scale: Scale
    honesty: float
    """0: its score says nothing about its errors. 1: as much as its margins do."""
    latin: float = 0.0
    """Chance that a misread letter comes out as a Latin one."""
    launched: date | None = None


_FIXED = ((STATIONARY, 1.0),)
_MOVING = ((MOBILE, 0.9), (STATIONARY, 0.1))
_BOTH = ((STATIONARY, 0.7), (MOBILE, 0.3))
_CORRIDORS = ((CORRIDOR, 0.8), (STATIONARY, 0.2))

CAMERA_CLASSES: tuple[CameraClass, ...] = (
    CameraClass(
        "Астра-Трафик", 0.19, _FIXED, margin=12.4, sensitivity=1.3, night=0.3, network_shift=0.9,
        unread=0.05, drop=0.002, grammar=0.97, rare_penalty=0.6, scale="tens", honesty=0.5,
    ),
    CameraClass(
        "Ладога-Поток", 0.15, _FIXED, margin=9.4, sensitivity=2.1, night=1.0, network_shift=0.0,
        unread=0.0, drop=0.015, grammar=0.85, rare_penalty=2.0, scale="constant", honesty=0.0,
    ),
    CameraClass(
        "Меридиан-П", 0.13, _CORRIDORS, margin=10.9, sensitivity=1.8, night=0.6, network_shift=0.4,
        unread=0.1, drop=0.006, grammar=0.95, rare_penalty=1.2, scale="percent", honesty=0.6,
    ),
    CameraClass(
        "Кедр-2", 0.10, _MOVING, margin=10.9, sensitivity=2.3, night=1.2, network_shift=0.6,
        unread=0.15, drop=0.010, grammar=0.40, rare_penalty=1.5, scale="percent", honesty=0.8,
    ),
    CameraClass(
        "Рубеж-360", 0.10, _FIXED, margin=11.6, sensitivity=1.6, night=0.4, network_shift=0.9,
        unread=0.05, drop=0.003, grammar=0.95, rare_penalty=0.4, scale="unit", honesty=0.8,
    ),
    CameraClass(
        "Байкал-М", 0.09, _BOTH, margin=10.6, sensitivity=1.9, night=0.8, network_shift=0.4,
        unread=0.75, drop=0.004, grammar=0.90, rare_penalty=1.0, scale="percent", honesty=0.7,
    ),
    CameraClass(
        "Онега-Луч", 0.07, _FIXED, margin=11.4, sensitivity=1.7, night=0.9, network_shift=0.6,
        unread=0.1, drop=0.004, grammar=0.95, rare_penalty=1.6, scale="percent_fraction",
        honesty=0.5,
    ),
    CameraClass(
        "Тайга-К", 0.05, _FIXED, margin=8.6, sensitivity=1.9, night=0.7, network_shift=-0.4,
        unread=0.1, drop=0.060, grammar=0.90, rare_penalty=1.4, scale="tens", honesty=0.3,
    ),
    CameraClass(
        "Полюс-3", 0.05, _FIXED, margin=13.4, sensitivity=1.4, night=0.2, network_shift=1.3,
        unread=0.02, drop=0.001, grammar=0.98, rare_penalty=0.3, scale="percent", honesty=0.9,
    ),
    CameraClass(
        "Янтарь-Дубль", 0.035, _CORRIDORS, margin=10.9, sensitivity=2.2, night=0.9,
        network_shift=0.3, unread=0.2, drop=0.008, grammar=0.70, rare_penalty=1.2, scale="unit",
        honesty=0.4,
    ),
    CameraClass(
        "Сигма-Т", 0.02, _BOTH, margin=10.1, sensitivity=1.8, night=0.6, network_shift=0.2,
        unread=0.1, drop=0.004, grammar=0.60, rare_penalty=-0.4, scale="percent_fraction",
        honesty=0.7,
    ),
    CameraClass(
        "Ветер-М", 0.015, _MOVING, margin=9.9, sensitivity=2.2, night=1.1, network_shift=0.3,
        unread=0.1, drop=0.010, grammar=0.30, rare_penalty=0.8, scale="percent", honesty=0.5,
        latin=0.35,
    ),
    CameraClass(
        "Заря-5", 0.03, _FIXED, margin=10.4, sensitivity=1.7, night=0.5, network_shift=0.3,
        unread=0.1, drop=0.004, grammar=0.95, rare_penalty=1.0, scale="unit", honesty=0.7,
        launched=date(2025, 11, 1),
    ),
)  # fmt: skip


def own_score(camera: CameraClass, margins: list[float], rng: Random) -> float:
    """The score a camera gives its own reading, on the scale of its class."""
    if camera.scale == "constant":
        return 99.0 if rng.random() < 0.93 else 100.0
    worst = min(abs(margin) for margin in margins) if margins else 0.0
    told = camera.honesty * (worst - 2.0) + (1.6 - camera.honesty) * rng.gauss(1.2, 1.2)
    sure = 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, told))))
    return _on_scale(camera.scale, sure, rng)


def _on_scale(scale: Scale, sure: float, rng: Random) -> float:
    if scale == "percent":
        return float(round(35 + 64 * sure))
    if scale == "percent_fraction":
        return round(20 + 79 * sure + rng.random(), 6)
    if scale == "tens":
        return round(10 * sure * rng.choice((1.0, 0.95, 0.9)), 2)
    return round(sure, 4)
