"""Strips: a line of writing whose text is known, by one hand."""

from dataclasses import replace
from string import ascii_letters

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from inkdigits.alphabet import CHARACTERS, CLASS_COUNT, DIGIT_CHARACTERS, OTHER, SIGNS, SPACE, encode_text
from inkdigits.data.sets.mnist import load
from inkdigits.data.synthesis import strips
from inkdigits.data.synthesis.hand_signs import FontSigns, HandSign, draw_hand_sign
from inkdigits.data.synthesis.hands import write_font_signs
from inkdigits.data.synthesis.scene_canvas import Canvas
from inkdigits.data.synthesis.scenes import Material
from inkdigits.data.synthesis.signs import load_fonts
from inkdigits.data.synthesis.strip_clutter import draw_comb
from inkdigits.data.synthesis.strip_texts import CURRENCY, DEGREE, RAISED, sample_comb_text, sample_text
from inkdigits.data.synthesis.strips import FormNeighbours, Strip, _sample_style, draw_strip
from inkdigits.data.synthesis.strokes import Strokes, measure_distances
from tests.conftest import FONT_FOLDER


@pytest.fixture(scope="module")
def material() -> Material:
    digits = load("train")
    letters = replace(Strokes.from_digits(digits.slice(400, 440)), labels=np.arange(40) % 2)
    return Material(Strokes.from_digits(digits.slice(0, 400)), letters, load_fonts([FONT_FOLDER / "DejaVuSans.ttf"]))


@pytest.fixture(scope="module")
def hands(material: Material) -> FormNeighbours:
    return FormNeighbours.from_strokes(material.digits)


def draw(material: Material, hands: FormNeighbours, seed: int, width: int = 256) -> Strip:
    return draw_strip(material, hands, np.random.default_rng(seed), width)


def test_equal_seeds_give_equal_strips(material: Material, hands: FormNeighbours) -> None:
    first, again, other = (draw(material, hands, seed) for seed in (1, 1, 2))
    assert np.array_equal(first.ink, again.ink) and first.text == again.text
    assert not np.array_equal(first.ink, other.ink)


def test_strips_are_ink_of_one_height_with_texts_of_the_alphabet(material: Material, hands: FormNeighbours) -> None:
    drawn = [draw(material, hands, seed, width) for seed in range(40) for width in (128, 320)]
    assert {strip.ink.shape for strip in drawn} == {(48, 128), (48, 320)}
    assert all(strip.ink.dtype == np.float32 and 0 <= strip.ink.min() <= strip.ink.max() <= 1 for strip in drawn)
    assert all(set(strip.text) <= set(CHARACTERS) and strip.text == strip.text.strip() for strip in drawn)
    assert sum(strip.text != "" for strip in drawn) > 60


def test_a_text_that_does_not_fit_ends_before_the_edge(
    material: Material, hands: FormNeighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strips, "sample_text", lambda _: "8" * 40)
    lengths = [len(draw(material, hands, seed, 128).text) for seed in range(10)]
    assert min(lengths) > 0 and max(lengths) < 15


def test_several_spaces_are_one_wide_one(material: Material, hands: FormNeighbours) -> None:
    strip, wide = (draw_plain(material, hands, 5, text) for text in ("1 1", "1    1"))
    assert strip.text == wide.text == "1 1" and measure_width(wide) > measure_width(strip) + 20


def test_a_digit_that_comes_twice_mostly_has_one_form(
    material: Material, hands: FormNeighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of neighbours in form, and so the same label; the nearest of all is the digit itself."""
    labels = material.digits.labels
    assert (labels[hands.neighbours] == labels[:, None]).all()
    assert (hands.neighbours == np.arange(len(labels))[:, None]).any(axis=1).all()


def test_every_kind_of_text_is_of_the_alphabet() -> None:
    texts = [sample_text(np.random.default_rng(seed)) for seed in range(3000)]
    characters = set("".join(texts))
    assert characters - set(ascii_letters) == {*CHARACTERS, RAISED, CURRENCY, DEGREE}  # every class is learnt
    assert len(characters & set(ascii_letters)) > 40
    assert 0.01 < sum(text == "" for text in texts) / len(texts) < 0.05
    drawn_as = str.maketrans({RAISED: "", CURRENCY: OTHER, DEGREE: OTHER, **dict.fromkeys(ascii_letters, OTHER)})
    assert all(len(encode_text(text.translate(drawn_as))) > 0 for text in texts if text)
    assert all(text[text.index(RAISED) + 1] in DIGIT_CHARACTERS for text in texts if RAISED in text)


def draw_sign(character: str, seed: int = 0) -> HandSign:
    return draw_hand_sign(character, 100.0, 8.0, 0.0, np.random.default_rng(seed))


def test_signs_stand_where_people_write_them() -> None:
    """Heights over the baseline, of 100 pixels: where a sign stands tells it from others of its form."""
    places = {each: [(s.bottom, s.bottom + s.ink.shape[0] / 100) for s in (draw_sign(each, k) for k in range(20))]
              for each in SIGNS}  # fmt: skip
    assert all(low > -0.2 and top < 0.35 for low, top in places["."])
    assert all(low < -0.02 and top < 0.35 for low, top in places[","])
    assert all(low > 0.5 for low, _ in places["'"])
    assert all(low > 0.15 and top < 0.85 for low, top in places["-"])
    assert all(top - low > 0.8 for sign in "/()" for low, top in places[sign])


def test_only_signs_of_the_alphabet_are_drawn() -> None:
    for character in (SPACE, OTHER, "7"):
        with pytest.raises(KeyError):
            draw_sign(character)


def draw_plain(material: Material, hands: FormNeighbours, seed: int, text: str) -> Strip:
    return draw_strip(material, hands, np.random.default_rng(seed), text=text, is_cluttered=False)


def measure_width(strip: Strip) -> int:
    """From the first to the last column with ink, in pixels."""
    columns = np.flatnonzero(strip.ink.max(axis=0) > 0.5)
    return int(np.ptp(columns)) if columns.size else 0


def test_beside_a_point_a_gap_may_be_as_wide_as_a_space(material: Material, hands: FormNeighbours) -> None:
    widths = {text: [measure_width(draw_plain(material, hands, seed, text)) for seed in range(60)]
              for text in ("1111", "11.11")}  # fmt: skip
    assert np.mean(widths["11.11"]) > np.mean(widths["1111"]) + 12


def test_what_is_no_digit_may_be_a_thing(material: Material, hands: FormNeighbours) -> None:
    """Without letters and fonts nothing else can be drawn."""
    things = Material(material.digits)
    drawn = [measure_width(draw_plain(things, hands, seed, OTHER)) > 0 for seed in range(100)]
    assert 3 <= sum(drawn) <= 30


def test_a_text_of_other_characters_has_no_classes() -> None:
    assert encode_text("0~") == [1, CLASS_COUNT - 1]
    with pytest.raises(ValueError, match="substring"):
        encode_text("x")


def test_a_raised_digit_is_small_high_and_in_the_text_without_its_mark(
    material: Material, hands: FormNeighbours
) -> None:
    """Of the same hand, beside the same digit: less ink below, and as much or more above."""
    raised, plain = ([draw_plain(material, hands, seed, text) for seed in range(30)] for text in (f"1{RAISED}1", "11"))
    assert all(strip.text in ("11", "1") for strip in raised)
    feet = [
        [np.flatnonzero(strip.ink[:, last_ink_column(strip) - 2] > 0.5) for strip in each] for each in (raised, plain)
    ]
    lowest = [np.mean([rows.max() for rows in each if rows.size]) for each in feet]
    assert lowest[0] < lowest[1] - 8


def test_letters_of_a_unit_are_as_low_as_its_font_has_them_and_read_as_one(
    material: Material, hands: FormNeighbours
) -> None:
    """A g reaches below the digits, an m is lower than they are."""
    signs = write_font_signs(load_fonts([FONT_FOLDER / "DejaVuSans.ttf"]))
    assert signs.forms["g"][0][1] < -0.15 and signs.forms["m"][0][1] > -0.1
    strips = [draw_plain(replace(material, signs=signs), hands, seed, "12 kg 8m") for seed in range(10)]
    assert all("12 ~ 8~".startswith(strip.text) for strip in strips)
    assert any(strip.text == "12 ~ 8~" for strip in strips)


def test_the_ring_of_a_degree_is_small_and_high_and_read_as_a_letter(material: Material, hands: FormNeighbours) -> None:
    strips = [draw_plain(material, hands, seed, DEGREE) for seed in range(30)]
    rows = [np.flatnonzero(strip.ink.max(axis=1) > 0.5) for strip in strips if strip.text]
    assert {strip.text for strip in strips} == {OTHER}
    sizes, feet = ([measure(each) for each in rows if each.size] for measure in (np.ptp, np.max))
    assert np.median(sizes) < 16 and np.median(feet) < 26  # some strips have dust


def last_ink_column(strip: Strip) -> int:
    return int(np.flatnonzero(strip.ink.max(axis=0) > 0.5).max())


def test_signs_are_written_as_fonts_have_them_where_there_are_fonts(material: Material, hands: FormNeighbours) -> None:
    """A font with one sign, a bar as high as a digit for a minus: some of the strips have it, others are drawn."""
    bar: NDArray[np.uint8] = np.full((56, 56), 255, np.uint8)
    bar[10:46, 26:30] = 0
    with_font = replace(material, signs=FontSigns({"-": [(measure_distances((bar == 0).astype(np.uint8)), 0.0)]}))
    heights = [
        np.ptp(np.flatnonzero(draw_plain(with_font, hands, seed, "-").ink.max(axis=1) > 0.5)) for seed in range(40)
    ]
    assert 5 <= sum(height > 15 for height in heights) <= 30


def test_boxes_of_a_comb_stand_around_each_character(material: Material) -> None:
    for seed in range(10):
        rng = np.random.default_rng(seed)
        canvas, style = Canvas(np.zeros((48, 200), np.float32)), _sample_style(rng)[0]
        draw_comb(canvas, [20.0, 50.0, 80.0, 110.0], 40.0, style, rng)
        upright = canvas.ink[40 - round(0.5 * style.height)]  # half-way up the digits
        assert all(upright[edge - 3 : edge + 4].max() > 0.2 for edge in (20, 50, 80, 110))
        assert upright[27:44].max() == 0 == canvas.ink[:, 130:].max()


def test_combs_are_filled_with_numbers_dates_and_crossed_out_boxes() -> None:
    texts = [sample_comb_text(np.random.default_rng(seed)) for seed in range(200)]
    assert all(set(text) <= set(f"{DIGIT_CHARACTERS}{SPACE}×-") and text.strip() == text for text in texts)
    assert {"×", "-", SPACE} <= set("".join(texts))


def test_a_known_writer_s_strip_has_digits_of_that_hand_alone(
    material: Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two writers, one leaves no ink: so a strip has all of its digits, or none."""
    first = [int(np.flatnonzero(material.digits.labels == label)[0]) for label in range(10)]
    fields = material.digits.distance_fields[first]
    owned = Strokes(
        np.concatenate([fields, np.full_like(fields, 255)]), np.tile(np.arange(10), 2), np.repeat([0, 1], 10)
    )
    hands = FormNeighbours.from_strokes(owned)

    def count_wide_marks(seed: int) -> int:
        rng = np.random.default_rng(seed)
        strip = draw_strip(Material(owned), hands, rng, 640, "0 2 3 5 8 6", is_cluttered=False)
        _, _, stats, _ = cv2.connectedComponentsWithStats((strip.ink > 0.5).astype(np.uint8))
        return int((stats[1:, cv2.CC_STAT_WIDTH] > 5).sum())

    def count_mixed() -> int:
        counts = [count_wide_marks(seed) for seed in range(30)]
        assert min(counts) == 0 and max(counts) >= 6, "each of them writes"
        return sum(0 < count < 6 for count in counts)

    monkeypatch.setattr(strips, "_KNOWN_WRITER_SHARE", 1.0)
    of_one_hand = count_mixed()
    monkeypatch.setattr(strips, "_KNOWN_WRITER_SHARE", 0.5)
    assert count_mixed() > of_one_hand + 5


def test_a_currency_is_written_as_fonts_have_it_and_read_as_a_letter(material: Material, hands: FormNeighbours) -> None:
    with_signs = replace(material, signs=write_font_signs(load_fonts([FONT_FOLDER / "DejaVuSans.ttf"])[-1:]))
    for each in (material, with_signs):
        strips_of_seeds = [draw_plain(each, hands, seed, f"{CURRENCY}25") for seed in range(5)]
        assert {strip.text for strip in strips_of_seeds} == {f"{OTHER}25"}
