"""Number plates: Russian region codes, the plate templates and how often each is seen.

Sources: the public formats of GOST R 50577 plates and the public list of region codes. Weights
are rough guesses of what a camera near a large city sees; they are not measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

LETTERS = "АВЕКМНОРСТУХ"
DIGITS = "0123456789"

# Region code -> relative frequency. Codes that belong to one region share its traffic.
REGION_WEIGHTS: dict[str, float] = {
    "77": 6.0, "97": 3.5, "99": 4.0, "177": 7.0, "197": 7.0, "199": 7.5, "777": 9.0, "797": 5.5,
    "799": 6.0, "977": 1.6,
    "50": 4.5, "90": 2.5, "150": 5.5, "190": 6.0, "750": 7.5, "790": 3.5, "550": 0.4,
    "78": 1.6, "98": 0.9, "178": 1.8, "198": 0.9, "47": 0.7, "147": 0.4,
    "40": 1.4, "62": 1.2, "71": 1.5, "33": 1.3, "69": 1.1, "67": 0.9, "76": 0.8, "37": 0.5,
    "23": 0.9, "93": 0.5, "123": 0.8, "193": 0.5, "61": 0.7, "161": 0.7, "761": 0.3,
    "16": 0.7, "116": 0.8, "716": 0.3, "02": 0.5, "102": 0.6, "702": 0.2, "52": 0.8, "152": 0.7,
    "63": 0.6, "163": 0.6, "763": 0.2, "66": 0.5, "96": 0.4, "196": 0.4, "74": 0.5, "174": 0.5,
    "774": 0.2, "54": 0.3, "154": 0.4, "754": 0.1, "24": 0.2, "124": 0.3, "36": 0.7, "136": 0.5,
    "34": 0.5, "134": 0.4, "64": 0.4, "164": 0.4, "31": 0.5, "32": 0.7, "46": 0.4, "48": 0.6,
    "57": 0.5, "68": 0.5, "58": 0.4, "13": 0.3, "113": 0.2, "21": 0.5, "121": 0.3, "73": 0.3,
    "173": 0.3, "26": 0.3, "126": 0.3, "05": 0.3, "95": 0.2, "07": 0.2, "15": 0.2, "09": 0.1,
    "59": 0.3, "159": 0.3, "72": 0.2, "86": 0.2, "186": 0.2, "89": 0.1, "55": 0.2, "42": 0.2,
    "142": 0.2, "38": 0.2, "138": 0.2, "25": 0.2, "125": 0.2, "27": 0.1, "28": 0.1, "35": 0.3,
    "29": 0.2, "10": 0.2, "51": 0.2, "53": 0.2, "60": 0.2, "39": 0.2, "43": 0.3, "44": 0.3,
    "45": 0.1, "56": 0.2, "82": 0.2, "92": 0.1, "01": 0.1, "03": 0.1, "04": 0.1, "08": 0.1,
    "11": 0.1, "12": 0.1, "14": 0.1, "17": 0.05, "18": 0.2, "19": 0.1, "22": 0.2, "30": 0.2,
    "41": 0.05, "49": 0.05, "65": 0.05, "70": 0.1, "75": 0.1, "79": 0.1, "83": 0.02, "87": 0.02,
    "06": 0.1,
}  # fmt: skip

REGIONS = list(REGION_WEIGHTS)
COMMON_REGIONS = frozenset(code for code, weight in REGION_WEIGHTS.items() if weight >= 3.5)


def _cumulative(weights: list[float]) -> list[float]:
    total, sums = 0.0, []
    for weight in weights:
        total += weight
        sums.append(total)
    return sums


_REGION_SUMS = _cumulative(list(REGION_WEIGHTS.values()))
_FAR_REGION_SUMS = _cumulative([weight**0.4 for weight in REGION_WEIGHTS.values()])


@dataclass(frozen=True)
class Plate:
    """A plate as it hangs on the car: its symbols, its kind and its region code, if it has one."""

    text: str
    kind: str
    region: str


# Kind of plate -> share of the traffic. `foreign` matches no template: the features say unknown.
KIND_WEIGHTS: dict[str, float] = {
    "private": 0.868,
    "taxi": 0.032,
    "trailer": 0.022,
    "transit": 0.012,
    "moto": 0.016,
    "military": 0.004,
    "export": 0.004,
    "police": 0.007,
    "police_moto": 0.002,
    "police_trailer": 0.002,
    "diplomatic": 0.007,
    "foreign": 0.024,
}
_KINDS = list(KIND_WEIGHTS)
_KIND_SUMS = _cumulative(list(KIND_WEIGHTS.values()))

# One character per symbol: L letter, D digit, R the region code, anything else is itself.
_SHAPES: dict[str, tuple[str, ...]] = {
    "private": ("LDDDLLR",),
    "taxi": ("LLDDDR",),
    "trailer": ("LLDDDDR",),
    "transit": ("LLDDDLR",),
    "moto": ("DDDDLLR",),
    "military": ("LDDDDLL",),
    "export": ("ТLLDDDR",),
    "police": ("LDDDDR",),
    "police_moto": ("DDDDLR",),
    "police_trailer": ("DDDLR",),
    "foreign": ("DDDDLLD", "DDDLLLDD", "LLLDDD", "DDLDDDLL", "LLDDDDLL", "DDDDDLL"),
}


def random_plate(rng: Random, far_traffic: bool) -> Plate:
    """Draws a plate; `far_traffic` flattens the region weights, as holiday traffic does."""
    kind = rng.choices(_KINDS, cum_weights=_KIND_SUMS)[0]
    sums = _FAR_REGION_SUMS if far_traffic else _REGION_SUMS
    region = rng.choices(REGIONS, cum_weights=sums)[0]
    if kind == "diplomatic":
        return Plate(_diplomatic(rng, region), kind, region)
    shape = rng.choice(_SHAPES[kind])
    text = "".join(_symbol(rng, mark, region) for mark in shape)
    return Plate(text, kind, region if "R" in shape else "")


def _symbol(rng: Random, mark: str, region: str) -> str:
    if mark == "L":
        return rng.choice(LETTERS)
    if mark == "D":
        return rng.choice(DIGITS)
    return region if mark == "R" else mark


def _diplomatic(rng: Random, region: str) -> str:
    """Three digits of the state, the class (the letter D is Latin on these), a number, a region."""
    state = f"{rng.randrange(1, 160):03d}"
    middle = rng.choices(["D", "СD", "Т", "CD"], weights=[6, 2, 2, 1])[0]
    return state + middle + f"{rng.randrange(1, 999):03d}" + region
