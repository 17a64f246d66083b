"""Files that no program gets to the end of, made here: small, and real ones of their kind."""

from tests.reading.pdfs import build_pdf

FAN_OUT, DEPTH = 30, 8  # 30⁸ times the same square


def build_hanging_pdf() -> bytes:
    """Three pages: the first and the last are blank, the second draws forms that draw forms that draw forms."""
    first_form = 7
    names = " ".join(f"/F{level} {first_form + level} 0 R" for level in range(DEPTH + 1))
    resources = f"/Resources<</XObject<<{names}>>>>"
    page = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 36]{resources}"
    drawings = [f"/F{level + 1} Do " * FAN_OUT for level in range(DEPTH)] + ["0 0 9 9 re f"]
    form = f"/Type/XObject/Subtype/Form/BBox[0 0 9 9]{resources}"
    return build_pdf(
        [
            "<</Type/Catalog/Pages 2 0 R>>",
            "<</Type/Pages/Count 3/Kids[3 0 R 4 0 R 5 0 R]>>",
            f"{page}>>",
            f"{page}/Contents 6 0 R>>",
            f"{page}>>",
            _build_stream("", "/F0 Do"),
            *(_build_stream(form, drawing) for drawing in drawings),
        ]
    )


def _build_stream(entries: str, content: str) -> str:
    return f"<<{entries}/Length {len(content)}>>\nstream\n{content}\nendstream"
