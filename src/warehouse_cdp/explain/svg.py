"""The little of SVG that the drawings need; every text is escaped here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

# Okabe and Ito's palette: told apart with any kind of colour vision. Nothing is told by colour
# alone: what speaks against is dashed too, and lines of the graph differ in stroke and mark.
BLUE, ORANGE, PURPLE, GREY, INK = "#0072b2", "#d55e00", "#aa4499", "#999999", "#222222"
PAPER: Final = "#ffffff"
_FONT: Final = "font-family:system-ui,'Segoe UI',Helvetica,Arial,sans-serif"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NUMBER_DIGITS = 1


@dataclass(frozen=True)
class Drawing:
    """A piece of a picture: its size in pixels, and SVG elements drawn from its upper left."""

    width: float
    height: float
    body: str

    def svg(self, title: str) -> str:
        """The drawing as a whole document; it shrinks to the width there is."""
        width, height = _number(self.width), _number(self.height)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" role="img" style="{_FONT};max-width:100%;'
            f'height:auto"><title>{safe(title)}</title>'
            f'<rect width="100%" height="100%" fill="{PAPER}"/>{self.body}</svg>'
        )


def safe(text: str) -> str:
    """A text for XML and HTML: escaped, and without characters that neither may hold."""
    return escape(_NOT_XML.sub("\ufffd", text), quote=True)


def _number(value: float) -> str:
    return f"{round(value, _NUMBER_DIGITS):g}" if abs(value) < 1e5 else f"{value:.0f}"  # noqa: PLR2004 - beyond it :g would write an exponent


def element(name: str, **attributes: float | str) -> str:
    """An element without content; underscores in attribute names become hyphens."""
    return f"<{name}{_attributes(attributes)}/>"


def label(x: float, y: float, content: str, **attributes: float | str) -> str:
    """A text at a place."""
    return f"<text{_attributes({'x': x, 'y': y, 'fill': INK, **attributes})}>{safe(content)}</text>"


def titled(content: str, title: str) -> str:
    """Elements that show a title when pointed at."""
    return f"<g><title>{safe(title)}</title>{content}</g>"


def _attributes(attributes: dict[str, float | str]) -> str:
    return "".join(
        f' {name.replace("_", "-")}="{safe(value) if isinstance(value, str) else _number(value)}"'
        for name, value in attributes.items()
    )


def stacked(drawings: Sequence[Drawing], gap: float = 24) -> Drawing:
    """Drawings one below the other."""
    body, top = [], 0.0
    for drawing in drawings:
        body.append(f'<g transform="translate(0 {_number(top)})">{drawing.body}</g>')
        top += drawing.height + gap
    width = max((drawing.width for drawing in drawings), default=0.0)
    return Drawing(width, max(top - gap, 0.0), "".join(body))


def heading(text: str, width: float) -> Drawing:
    """A line of bold text."""
    return Drawing(width, 24, label(12, 18, text, font_size=15, font_weight="bold"))


def shortened(text: str, length: int) -> str:
    """A text with its middle left out where it is longer."""
    if len(text) <= length:
        return text
    tail = (length - 1) // 2
    return f"{text[: length - 1 - tail]}…{text[len(text) - tail :]}"
