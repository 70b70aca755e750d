"""What statuses are called, as RFC 9110 has it; Python before 3.13 still has older names for two of them."""

from __future__ import annotations

from http import HTTPStatus

_RENAMED = {413: "Content Too Large", 414: "URI Too Long", 416: "Range Not Satisfiable"}


def title(status: int) -> str:
    """The reason phrase of a status."""
    return _RENAMED.get(status) or HTTPStatus(status).phrase


def component(status: int) -> str:
    """The name of a status among the components of `openapi.yaml`."""
    return title(status).upper().replace(" ", "_")
