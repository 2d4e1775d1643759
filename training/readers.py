"""How the camera and the network read a plate: which symbols they miss and what they score.

Both look at the same picture, so a symbol that is hard for one is hard for the other. A reader
has a margin (in logits) for each symbol; a margin below zero is an error. The network's score of
a symbol is the logistic of the margin's size, so low scores point at errors, as in real ones.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from random import Random

from training.cameras import CameraClass
from training.plates import COMMON_REGIONS, DIGITS, LETTERS, REGION_WEIGHTS, Plate

UNREAD = "_"
LENGTH_SLOTS = 11
"""The network scores the lengths 0..10."""

# Symbol -> what it is mistaken for, the likeliest first and most often.
_SAME_KIND: dict[str, str] = {
    "0": "89698", "1": "77742", "2": "7731", "3": "88952", "4": "1169", "5": "66398",
    "6": "88505", "7": "11122", "8": "33069", "9": "00385",
    "А": "ХМНК", "В": "ЕЕРН", "Е": "ВВСТ", "К": "ХХНМ", "М": "ННАУ", "Н": "ММКР", "О": "ССРУ",
    "Р": "ВННТО", "С": "ООЕ", "Т": "УУРЕ", "У": "ХХТК", "Х": "ККУА",
}  # fmt: skip
_OTHER_KIND: dict[str, str] = {
    "0": "ООD", "1": "ТТ", "2": "ТР", "3": "ВВ", "4": "АА", "5": "ЕВ", "6": "СО", "7": "ТТУ",
    "8": "ВВВ", "9": "РО", "А": "44", "В": "888", "Е": "63", "К": "1", "М": "11", "Н": "11",
    "О": "000D", "Р": "99", "С": "600", "Т": "117", "У": "74", "Х": "14", "D": "О0О", "C": "С",
}  # fmt: skip
_LATIN = dict(zip(LETTERS, ("A", "B", "E", "K", "M", "H", "O", "P", "C", "T", "Y", "X")))
_LATIN_GUESSES = "RFNGISZL"


@dataclass(frozen=True)
class Picture:
    """How hard each symbol of a plate is to read (0 is average), and the plate as a whole."""

    symbols: list[float]
    overall: float


@dataclass(frozen=True)
class NetworkReading:
    """What the network answers for one picture."""

    text: str
    score: float
    symbol_scores: list[float]
    length_scores: list[float]


def f32(value: float) -> float:
    """The nearest 32-bit float: networks score in f32, and clients print its exact digits."""
    return float(struct.unpack("<f", struct.pack("<f", value))[0])


def logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-40.0, min(40.0, x))))


def misread(symbol: str, same_kind: bool, rng: Random) -> str:
    """A symbol that is taken for this one, of the same kind (digit, letter) or of the other."""
    table = _SAME_KIND if same_kind or symbol not in _OTHER_KIND else _OTHER_KIND
    choices = table.get(symbol, "")
    if choices:
        return rng.choice(choices)
    return rng.choice([s for s in (DIGITS if symbol in DIGITS else LETTERS) if s != symbol])


def _misread_in_region(plate: Plate, position: int, rng: Random) -> str:
    """Readers know the region codes: an error in a region tends to end in an existing one."""
    start = len(plate.text) - len(plate.region)
    symbol = plate.text[position]
    best, weight = misread(symbol, True, rng), 0.0
    for _ in range(4):
        guess = misread(symbol, True, rng)
        region = plate.text[start:position] + guess + plate.text[position + 1 :]
        if REGION_WEIGHTS.get(region, 0.0) * rng.random() > weight:
            best, weight = guess, REGION_WEIGHTS[region]
    return best


def _in_region(plate: Plate, position: int) -> bool:
    return position >= len(plate.text) - len(plate.region)


def camera_reading(
    camera: CameraClass, plate: Plate, picture: Picture, night: float, rng: Random
) -> tuple[str, list[float]]:
    """The camera's text and its margins, from which it makes its own score."""
    if rng.random() < 0.0006 * camera.sensitivity * (1 + night):
        return "", []
    rare = camera.rare_penalty if plate.kind not in ("private", "taxi") else 0.0
    symbols: list[str] = []
    margins: list[float] = []
    for position, symbol in enumerate(plate.text):
        hard = picture.symbols[position] + 0.6 * camera.night * night + 0.5 * rare
        margin = camera.margin - camera.sensitivity * hard + rng.gauss(0.0, 2.4)
        margins.append(margin)
        if margin < 0.9 and rng.random() < camera.unread:
            symbols.append(UNREAD)
        elif margin >= 0:
            symbols.append(symbol)
        else:
            symbols.append(_camera_error(camera, plate, position, rng))
    if len(plate.region) == 3 and rng.random() < camera.drop * math.exp(0.6 * picture.overall):
        symbols.pop()
    return "".join(symbols), margins


def _camera_error(camera: CameraClass, plate: Plate, position: int, rng: Random) -> str:
    symbol = plate.text[position]
    if symbol in LETTERS and rng.random() < camera.latin:
        return _LATIN[symbol] if rng.random() < 0.5 else rng.choice(_LATIN_GUESSES)
    if rng.random() >= camera.grammar:
        return misread(symbol, False, rng)
    if _in_region(plate, position):
        return _misread_in_region(plate, position, rng)
    return misread(symbol, True, rng)


_RARE_FOR_NETWORK = {
    "private": 0.0, "taxi": 0.6, "trailer": 1.0, "transit": 2.0, "moto": 1.6, "military": 2.6,
    "export": 2.6, "police": 1.6, "police_moto": 2.4, "police_trailer": 2.4, "diplomatic": 2.2,
    "foreign": 3.4,
}  # fmt: skip


def network_reading(
    camera: CameraClass, plate: Plate, picture: Picture, night: float, rng: Random
) -> NetworkReading:
    """The network's text with a score for the plate, each symbol and each length."""
    if rng.random() < 0.0002:
        return NetworkReading("", 0.0, [], [])
    strange = _RARE_FOR_NETWORK[plate.kind] + 0.7 * camera.network_shift
    symbols: list[str] = []
    scores: list[float] = []
    for position, symbol in enumerate(plate.text):
        hard = picture.symbols[position] + 0.25 * camera.night * night + strange * 0.5
        margin = 8.8 - 1.4 * hard + rng.gauss(0.0, 2.4)
        if _in_region(plate, position) and plate.region not in COMMON_REGIONS:
            margin -= 1.2
        symbols.append(symbol if margin >= 0 else _network_error(plate, position, rng))
        scores.append(_symbol_score(margin, rng))
    lengths, text, kept = _with_length(symbols, scores, strange + picture.overall, rng)
    score = math.prod(kept) * max(lengths)
    return NetworkReading(text, f32(score), kept, lengths)


def _network_error(plate: Plate, position: int, rng: Random) -> str:
    if _in_region(plate, position):
        return _misread_in_region(plate, position, rng)
    return misread(plate.text[position], rng.random() < 0.93, rng)


def _symbol_score(margin: float, rng: Random) -> float:
    """Calibrated but for noise, and surer than it should be: f32 saturates at exactly 1."""
    sure = abs(margin) * 1.35 + rng.gauss(0.4, 0.8)
    if margin < 0 and rng.random() < 0.12:
        sure += 5.0
    return f32(max(logistic(max(sure, 0.02)), 0.05))


def _with_length(
    symbols: list[str], scores: list[float], hard: float, rng: Random
) -> tuple[list[float], str, list[float]]:
    """Reads the length too: when that is wrong, the last symbol is lost or doubled."""
    margin = 8.6 - 1.1 * hard + rng.gauss(0.0, 1.8)
    if margin < 0 and len(symbols) > 5:
        if rng.random() < 0.7:
            symbols, scores = symbols[:-1], scores[:-1]
        else:
            symbols = [*symbols, symbols[-1]]
            scores = [*scores, f32(0.3 + 0.6 * rng.random())]
    top = f32(logistic(abs(margin) * 1.4 + 0.1))
    return _length_scores(len(symbols), top, rng), "".join(symbols), scores


def _length_scores(length: int, top: float, rng: Random) -> list[float]:
    rest = max(1.0 - top, 1e-9)
    floor = rest * 10.0 ** rng.uniform(-5.0, -2.5)
    scores = [f32(floor * rng.uniform(0.97, 1.03)) for _ in range(LENGTH_SLOTS)]
    place = min(length, LENGTH_SLOTS - 1)
    scores[place - 1] = f32(rest * rng.uniform(0.6, 0.95))
    scores[place] = top
    return scores
