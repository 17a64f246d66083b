"""Free handwriting fonts: other people's digits and letters, each font one hand.

They are needed for training the transcriber only, and are fetched by `make hands` (npm's packages `@fontsource/…`;
their licences, the Open Font License or Apache's, come with them).
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from inkdigits.data.synthesis.nondigits import MISSING_CHARACTER
from inkdigits.data.synthesis.strokes import CENTRE_LINE_DIGIT_SIDE, CENTRE_LINE_SIDE
from inkdigits.errors import DataError

HAND_FOLDER = Path("runs/hands")
HAND_FONTS = (
    *("allison", "amatic-sc", "annie-use-your-telescope", "architects-daughter", "bad-script", "beth-ellen", "bilbo"),
    *("butterfly-kids", "calligraffitti", "caramel", "caveat", "cedarville-cursive", "chilanka", "comforter"),
    *("coming-soon", "covered-by-your-grace", "crafty-girls", "dawning-of-a-new-day", "dekko", "delicious-handrawn"),
    *("delius", "east-sea-dokdo", "edu-au-vic-wa-nt-hand", "edu-nsw-act-foundation", "edu-qld-beginner"),
    *("edu-sa-beginner", "fuzzy-bubbles", "gaegu", "gamja-flower", "give-you-glory", "gloria-hallelujah"),
    *("gochi-hand", "grape-nuts", "grechen-fuemen", "gwendolyn", "hachi-maru-pop", "handlee", "hi-melody"),
    *("homemade-apple", "indie-flower", "just-another-hand", "kalam", "klee-one", "kristi", "la-belle-aurore"),
    *("liu-jian-mao-cao", "long-cang", "loved-by-the-king", "mali", "mansalva", "marck-script", "meddon"),
    *("meow-script", "my-soul", "mynerve", "nanum-pen-script", "neucha", "nothing-you-could-do", "oooh-baby"),
    *("over-the-rainbow", "pangolin", "passions-conflict", "patrick-hand", "playpen-sans", "playwrite-ar"),
    *("playwrite-at", "playwrite-cl", "playwrite-cu", "playwrite-cz", "playwrite-de-grund", "playwrite-de-sas"),
    *("playwrite-dk-loopet", "playwrite-es", "playwrite-hr", "playwrite-hu", "playwrite-it-moderna", "playwrite-mx"),
    *("playwrite-nl", "playwrite-no", "playwrite-pl", "playwrite-us-trad", "playwrite-vn", "poor-story", "qwigley"),
    *("reenie-beanie", "rock-salt", "ruthie", "sacramento", "satisfy", "schoolbell", "sedgwick-ave"),
    *("shadows-into-light", "shadows-into-light-two", "short-stack", "single-day", "square-peg", "stalemate"),
    *("sue-ellen-francisco", "sunshiney", "swanky-and-moo-moo", "the-girl-next-door", "the-nautigal", "vibur"),
    *("vujahday-script", "waiting-for-the-sunrise", "walter-turncoat", "whisper", "windsong", "yomogi", "yuji-boku"),
    *("zen-kurenaido", "zeyada"),
)
_FONT_SIZE_PIXELS = 120
_CANVAS_SIDE = 360
_INK_LEVEL = 90  # of 255


def load_hand_fonts(folder: Path = HAND_FOLDER) -> list[ImageFont.FreeTypeFont]:
    """The fonts of HAND_FONTS. Raises DataError if one is not there: with other hands, other digits would come out."""
    paths = [folder / f"node_modules/@fontsource/{name}/files/{name}-latin-400-normal.woff" for name in HAND_FONTS]
    missing = [path.name for path in paths if not path.is_file()]
    if missing:
        raise DataError(
            f"{len(missing)} handwriting fonts are not under {folder}, such as {missing[0]}; run `make hands`."
        )
    return [ImageFont.truetype(str(path), _FONT_SIZE_PIXELS) for path in paths]


def draw_font_character(character: str, font: ImageFont.FreeTypeFont) -> NDArray[np.uint8]:
    """A character as it stands in a font, brought to the size of an MNIST digit: 0 and 1, uint8 56×56."""
    canvas = Image.new("L", (_CANVAS_SIDE, _CANVAS_SIDE))
    ImageDraw.Draw(canvas).text((_CANVAS_SIDE / 2, _CANVAS_SIDE / 2), character, fill=255, font=font, anchor="mm")
    ink = np.asarray(canvas)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    box = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = CENTRE_LINE_DIGIT_SIDE / max(box.shape)
    height, width = (max(1, round(side * scale)) for side in box.shape)
    bits = np.zeros((CENTRE_LINE_SIDE, CENTRE_LINE_SIDE), np.uint8)
    top, left = (CENTRE_LINE_SIDE - height) // 2, (CENTRE_LINE_SIDE - width) // 2
    bits[top : top + height, left : left + width] = (
        cv2.resize(box, (width, height), interpolation=cv2.INTER_AREA) > _INK_LEVEL
    )
    return bits


def draw_font_sign(character: str, font: ImageFont.FreeTypeFont) -> tuple[NDArray[np.uint8], float] | None:
    """A sign as large as it is beside digits as high as MNIST's, 0 and 1, uint8 56×56, and how far its lower edge is
    above the baseline, in digit heights; None where the font lacks it, or has it larger than that."""
    if font.getmask(character).getbbox() in (None, font.getmask(MISSING_CHARACTER).getbbox()):
        return None
    digit_height = -font.getbbox("8", anchor="ls")[1]
    left, top, right, bottom = (int(side) for side in font.getbbox(character, anchor="ls"))
    canvas = Image.new("L", (right - left, bottom - top))  # down to the baseline, and as wide as the font spaces it
    ImageDraw.Draw(canvas).text((-left, -top), character, fill=255, font=font, anchor="ls")
    ink_box = canvas.getbbox()
    if ink_box is None:
        return None
    ink, ink_bottom = np.asarray(canvas.crop(ink_box)), top + ink_box[3]
    height, width = (max(1, round(side * CENTRE_LINE_DIGIT_SIDE / digit_height)) for side in ink.shape)
    if max(width, height) >= CENTRE_LINE_SIDE:
        return None
    bits = np.zeros((CENTRE_LINE_SIDE, CENTRE_LINE_SIDE), np.uint8)
    x, y = (CENTRE_LINE_SIDE - width) // 2, (CENTRE_LINE_SIDE - height) // 2
    bits[y : y + height, x : x + width] = cv2.resize(ink, (width, height), interpolation=cv2.INTER_AREA) > _INK_LEVEL
    return (bits, -ink_bottom / digit_height) if bits.any() else None


if __name__ == "__main__":
    print(*(f"@fontsource/{name}@5" for name in HAND_FONTS))
