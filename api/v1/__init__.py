"""Version 1 of the contract over HTTP: its URLs, statuses and links. The bytes are `registers/v1`'s."""

from __future__ import annotations

from apispec import APISpec

from api.v1 import archive, catalogue, downloads, entries, items, loading, proofs, records
from api.v1.documents import COMPONENTS

MODULES = (catalogue, records, entries, items, proofs, downloads, archive, loading)
BLUEPRINTS = tuple(module.routes for module in MODULES)


def describe(spec: APISpec) -> None:
    """Add the shapes of v1 to the documentation."""
    for name, shape in (COMPONENTS | loading.COMPONENTS).items():
        if isinstance(shape, dict):
            spec.components.schema(name, shape)
        else:
            spec.components.schema(name, schema=shape)
