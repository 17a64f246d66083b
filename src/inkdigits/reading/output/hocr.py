"""Readings → hOCR 1.2, the HTML that other OCR tools exchange: pages, lines, and numbers as words, with their boxes.

The format: T. Breuel, "The hOCR Microformat for OCR Workflow and Results" (ICDAR 2007), and its specification 1.2.
What is written is also well-formed XML, so that any XML parser reads it.
"""

from __future__ import annotations

import html
import re

from inkdigits._version import __version__
from inkdigits.marks import Box, interleave
from inkdigits.types import Line, Number, Reading

BEGIN = f"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" lang="en">
<head>
<meta charset="utf-8"/>
<title>Digits that were read</title>
<meta name="ocr-system" content="inkdigits {__version__}"/>
<meta name="ocr-capabilities" content="ocr_page ocr_line ocrx_word ocrp_wconf"/>
</head>
<body>
"""
END = "</body>\n</html>\n"

# What XML 1.0 does not allow: control characters but tab, line feed and return; lone surrogates; two non-characters.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def format_page(reading: Reading) -> str:
    """One page as an `ocr_page` element with its lines in it; pages count from 0 in hOCR."""
    # A quoted property has no way to hold a quote, so a quote in the file's name is written as in a URL.
    image = reading.file.replace('"', "%22")
    title = f'image "{image}"; {_format_bbox(Box(0, 0, reading.width, reading.height))}; ppageno {reading.page - 1}'
    lines = "".join(_format_line(line, reading.turned_degrees) for line in reading.lines)
    return f'<div class="ocr_page" title="{escape(title)}">\n{lines}</div>\n'


def _format_line(line: Line, angle: int) -> str:
    """A line that runs `angle` degrees counter-clockwise of level; its signs stand between the words."""
    numbers = ["" if number.rejected else _format_word(number) for number in line.numbers]
    words = interleave(numbers, line.signs, gap=" ").strip() if line.text else ""
    textangle = f"; textangle {angle}" if angle else ""
    return f'<span class="ocr_line" title="{_format_bbox(line.box)}{textangle}">{words}</span>\n'


def _format_word(number: Number) -> str:
    """A number as a word; `x_wconf` is a whole number of 0..100, rounded down, so that 100 is never said lightly."""
    confidence = int(100 * number.confidence)
    title = f"{_format_bbox(number.box)}; x_wconf {confidence}"
    return f'<span class="ocrx_word" title="{title}">{escape(number.text)}</span>'


def _format_bbox(box: Box) -> str:
    return f"bbox {box.x} {box.y} {box.right} {box.bottom}"


def escape(text: str) -> str:
    """Text as it may stand in XML and HTML, between tags and in a quoted attribute, whatever was in it."""
    return html.escape(_NOT_XML.sub("\ufffd", text))
