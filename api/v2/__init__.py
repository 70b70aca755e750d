"""Version 2 over HTTP: the published contract, and what is offered on top of it. The bytes are `registers/v2`'s."""

from __future__ import annotations

from apispec import APISpec

from api.v2 import (
    api_keys,
    archives,
    blobs,
    catalogue,
    change_files,
    changes,
    context,
    described,
    described_documents,
    downloads,
    drafting,
    entries,
    feeds,
    file_documents,
    files,
    loading,
    loading_documents,
    located,
    located_documents,
    metadata,
    notices_documents,
    personal_feed,
    place_batches,
    place_documents,
    plans,
    postcode_documents,
    postcodes,
    proofs,
    proposal_documents,
    proposals,
    quality,
    question_documents,
    questions,
    records,
    redaction_documents,
    redactions,
    relation_documents,
    relations,
    search,
    snapshots,
    webhooks,
    writing,
    writing_documents,
)
from api.v2.documents import COMPONENTS

BLUEPRINTS = (
    catalogue.routes,
    context.routes,
    records.routes,
    questions.routes,
    search.routes,
    entries.routes,
    blobs.routes,
    snapshots.routes,
    proofs.routes,
    changes.routes,
    metadata.routes,
    downloads.routes,
    change_files.routes,
    files.routes,
    archives.routes,
    described.routes,
    writing.routes,
    redactions.routes,
    loading.routes,
    plans.routes,
    quality.routes,
    place_batches.routes,
    located.routes,
    relations.routes,
    postcodes.routes,
    proposals.routes,
    drafting.routes,
    api_keys.routes,
    feeds.routes,
    personal_feed.routes,
    webhooks.routes,
)
SHAPES = (
    COMPONENTS,
    file_documents.COMPONENTS,
    described_documents.COMPONENTS,
    loading_documents.COMPONENTS,
    question_documents.COMPONENTS,
    writing_documents.COMPONENTS,
    proposal_documents.COMPONENTS,
    redaction_documents.COMPONENTS,
    notices_documents.COMPONENTS,
    place_documents.COMPONENTS,
    located_documents.COMPONENTS,
    relation_documents.COMPONENTS,
    postcode_documents.COMPONENTS,
)


def describe(spec: APISpec) -> None:
    """Add the shapes of v2 to the documentation."""
    for name, shape in (member for shapes in SHAPES for member in shapes.items()):
        if isinstance(shape, dict):
            spec.components.schema(name, shape)
        else:
            spec.components.schema(name, schema=shape)
