"""npm's govuk-frontend without what only the government's own site may show: its typeface and its crest."""

from __future__ import annotations

import re

from registers.errors import Invalid

TYPEFACE = "GDS Transport"
_FONT_FACE = re.compile(r"@font-face\{[^}]*\}")
_IMAGE = re.compile(r"url\([^)]*\)")


def unbranded(style: str) -> str:
    """The stylesheet without the government's typeface and images. Raises Invalid when one is still in it."""
    style = style.replace('@charset "UTF-8";', "")
    style = _IMAGE.sub("none", _FONT_FACE.sub("", style))
    style = style.replace(f"{TYPEFACE},arial,sans-serif", "Arial,Helvetica,sans-serif")
    for brand in (TYPEFACE, "@font-face", "url("):
        if brand in style:
            raise Invalid(f"the stylesheet still has {brand}: this version of govuk-frontend is not known here")
    return style
