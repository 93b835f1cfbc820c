"""What a bad disk, a crash or a careless copy does to a file."""

from __future__ import annotations

import random
from collections.abc import Callable

STRANGE = (b"\0", b'"', b"\r", b"\xff\xff\xff\x7f", b"\xff\xfe", b"{", b"]", b"NaN", b"1e999", b"&x;", b"\\ud800", b"<")

Harm = Callable[[bytearray, random.Random], None]


def cut(content: bytearray, chance: random.Random) -> None:
    del content[chance.randrange(len(content)) :]


def flip(content: bytearray, chance: random.Random) -> None:
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)


def blank(content: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(content))
    content[start : start + 16] = bytes(len(content[start : start + 16]))


def scribble(content: bytearray, chance: random.Random) -> None:
    for _ in range(20):
        content[chance.randrange(len(content))] = chance.randrange(256)


def drop(content: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(content))
    del content[start : start + chance.choice([1, 4, 64])]


def repeat(content: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(content))
    content[start:start] = content[: chance.choice([1, 4, 64])]


def strange(content: bytearray, chance: random.Random) -> None:
    """Put in what readers stumble over."""
    start = chance.randrange(len(content))
    content[start:start] = chance.choice(
        [b"\0", b'"', b"\r", b"\xff\xff\xff\x7f", b"{", b"]", b"NaN", b"1e999", b"&x;"]
    )


HARMS: tuple[Harm, ...] = (cut, flip, blank, scribble, drop, repeat, strange)


def harmed(content: bytes, seed: object) -> bytes:
    """Harm a file's content; the same seed does the same."""
    chance = random.Random(str(seed))
    made = bytearray(content)
    chance.choice(HARMS)(made, chance)
    return bytes(made)
