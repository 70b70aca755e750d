"""What all resources of v2 share: where they are, what stands in their paths, the state that each answer names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.blueprint import Blueprint
from api.v2 import standing
from api.v2.documents import PATH_PARAMETERS

PREFIX = "/v2/registers"


def blueprint(
    name: str, about: str, prefix: str = PREFIX, path_parameters: Mapping[str, Any] = PATH_PARAMETERS
) -> Blueprint:
    """A blueprint for resources of v2. v1 and v2 have resources of one name, so v2's say that they are v2's."""
    made = Blueprint(f"v2-{name}", prefix, about, path_parameters, operations="v2_")
    made.after_request(standing.describe)
    return made
