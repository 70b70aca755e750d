"""OGC API - Features: the registers of points and shapes, for GIS programs."""

from __future__ import annotations

from api.ogc import collections, items, landing
from api.ogc.documents import describe

BLUEPRINTS = tuple(module.routes for module in (landing, collections, items))

__all__ = ["BLUEPRINTS", "describe"]
