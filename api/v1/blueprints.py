"""What all resources of v1 share: where they are, and what stands in their paths."""

from __future__ import annotations

from api.blueprint import Blueprint
from api.v1.documents import PATH_PARAMETERS

PREFIX = "/v1/registers"


def blueprint(name: str, about: str) -> Blueprint:
    """A blueprint for resources of v1."""
    return Blueprint(name, PREFIX, about, PATH_PARAMETERS)
