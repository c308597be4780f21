from __future__ import annotations

from random import Random

import jellyfish
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA, JaroWinkler

from warehouse_cdp.matching.encode import pack
from warehouse_cdp.matching.kernels import LONGEST, alignment_distance, jaro_winkler

ALPHABETS = {
    "few letters": "abc",
    "letters": "abcdefghijklmnopqrstuvwxyz ",
    "signs that share buckets of the signature": "aA!\x01bB",
    "more signs than a byte has": "ab" * 150 + "".join(map(chr, range(0x4E00, 0x4E00 + 300))),
    "accents, scripts and emoji": "aä\u0301ßñΩяあ中😀\u200d🏽",
}


def words(alphabet: str, count: int, longest: int, seed: int) -> list[str]:
    draw = Random(seed)  # noqa: S311 - test data
    return sorted(
        {
            "".join(draw.choice(alphabet) for _ in range(draw.randint(0, longest)))
            for _ in range(count)
        }
    )


@pytest.mark.parametrize("alphabet", ALPHABETS.values(), ids=ALPHABETS)
@pytest.mark.parametrize("longest", [8, LONGEST])
def test_kernels_are_exact_on_any_alphabet(alphabet: str, longest: int) -> None:
    texts = words(alphabet, 200, longest, seed=len(alphabet) + longest)
    packed = pack(pa.array(texts))
    draw = np.random.default_rng(7)
    left = draw.integers(0, len(texts), 4_000).astype(np.int32)
    right = draw.integers(0, len(texts), 4_000).astype(np.int32)
    pairs = [(texts[a], texts[b]) for a, b in zip(left, right, strict=True)]

    similarity = np.array([JaroWinkler.similarity(*pair) for pair in pairs])
    np.testing.assert_allclose(jaro_winkler(packed, left, right), similarity, atol=1e-12)
    for cutoff in (0.76, 0.84, 0.92):
        found = jaro_winkler(packed, left, right, cutoff)
        np.testing.assert_array_equal(found >= cutoff, similarity >= cutoff)

    distance = np.array([OSA.distance(*pair) for pair in pairs])
    np.testing.assert_array_equal(alignment_distance(packed, left, right), distance)
    for most in (1, 2):
        within = alignment_distance(packed, left, right, most)
        np.testing.assert_array_equal(within, np.minimum(distance, most + 1))


def test_jellyfish_agrees_on_names() -> None:
    texts = words("abcdeilmnorst", 150, 12, seed=3)[1:]
    packed = pack(pa.array(texts))
    left = np.repeat(np.arange(len(texts), dtype=np.int32), len(texts))
    right = np.tile(np.arange(len(texts), dtype=np.int32), len(texts))
    expected = [
        jellyfish.jaro_winkler_similarity(texts[a], texts[b])
        for a, b in zip(left, right, strict=True)
    ]
    np.testing.assert_allclose(jaro_winkler(packed, left, right), expected, atol=1e-12)


def test_the_number_of_threads_changes_nothing() -> None:
    texts = words("abcde", 300, 10, seed=1)
    packed = pack(pa.array(texts))
    draw = np.random.default_rng(2)
    left = draw.integers(0, len(texts), 60_000).astype(np.int32)
    right = draw.integers(0, len(texts), 60_000).astype(np.int32)
    np.testing.assert_array_equal(
        jaro_winkler(packed, left, right, 0.8, threads=1),
        jaro_winkler(packed, left, right, 0.8, threads=3),
    )


def test_longer_texts_are_compared_by_their_beginning() -> None:
    packed = pack(pa.array(["x" * 100_000, "x" * LONGEST + "y"]))
    one, other = np.array([0], dtype=np.int32), np.array([1], dtype=np.int32)
    assert alignment_distance(packed, one, other)[0] == 0
    assert jaro_winkler(packed, one, other)[0] == 1.0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=LONGEST), min_size=1, max_size=12))
def test_kernels_are_exact_on_whatever_unicode_holds(texts: list[str]) -> None:
    """Any code points but lone surrogates: beyond the first plane, combining, empty, controls."""
    packed = pack(pa.array(texts, type=pa.string()))
    left = np.repeat(np.arange(len(texts), dtype=np.int32), len(texts))
    right = np.tile(np.arange(len(texts), dtype=np.int32), len(texts))
    pairs = [(texts[a], texts[b]) for a, b in zip(left, right, strict=True)]
    similarity = [JaroWinkler.similarity(*pair) for pair in pairs]
    np.testing.assert_allclose(jaro_winkler(packed, left, right), similarity, atol=1e-12)
    distance = [OSA.distance(*pair) for pair in pairs]
    np.testing.assert_array_equal(alignment_distance(packed, left, right), distance)
