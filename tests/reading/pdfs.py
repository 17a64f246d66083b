"""PDF files written by hand, where no library would write what a test needs."""

from collections.abc import Iterable


def build_pdf(objects: Iterable[str], trailer: str = "") -> bytes:
    """A PDF of these objects, numbered from 1; the first is the catalogue."""
    out, offsets = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    table = "".join(f"{place:010d} 00000 n \n" for place in offsets)
    end = f"trailer\n<</Size {len(offsets) + 1}/Root 1 0 R{trailer}>>\nstartxref\n{len(out)}\n%%EOF\n"
    return out + f"xref\n0 {len(offsets) + 1}\n0000000000 65535 f \n{table}{end}".encode("latin-1")


def build_pages_pdf(count: int = 1, box: str = "0 0 72 36", page_entries: str = "", trailer: str = "") -> bytes:
    """A PDF of `count` pages, all the same: white, but for a black square of a quarter inch at the top left."""
    drawing = "0 18 18 18 re f"
    return build_pdf(
        [
            "<</Type/Catalog/Pages 2 0 R>>",
            f"<</Type/Pages/Count {count}/Kids[{' '.join(['3 0 R'] * count)}]>>",
            f"<</Type/Page/Parent 2 0 R/MediaBox[{box}]/Contents 4 0 R{page_entries}>>",
            f"<</Length {len(drawing)}>>\nstream\n{drawing}\nendstream",
        ],
        trailer,
    )


def build_locked_pdf() -> bytes:
    """A PDF that opens with a password only: the hashes of its passwords are of none that anybody knows."""
    lock = f"<</Filter/Standard/V 1/R 2/P -4/O<{'5a' * 32}>/U<{'a5' * 32}>>>"
    return build_pages_pdf(trailer=f"/Encrypt {lock}/ID[<00><00>]")
