"""Registers as datasets, for catalogues and pages: what there is to say of them, with URLs as a caller reaches them."""

from __future__ import annotations

import json
from hashlib import sha256

from api import current, hosts, paging
from api.reading import definition_of
from bulk.describing import schema_org
from bulk.describing.dataset import Addresses, Dataset, dataset_of
from bulk.manifest import Manifest
from bulk.releases import release_of
from bulk.source import Source, state_of
from registers.snapshot import Snapshot


def dataset(taken: Snapshot) -> Dataset:
    """What there is to say of a published register at a state, and of those of its files that are made."""
    source = _source(taken)
    manifest = release_of(current.files_folder(), source.register.id, source.state).manifest()
    return dataset_of(source, manifest, addresses(), current.settings().operator)


def for_search_engines(taken: Snapshot) -> str:
    """The same as schema.org has it, but for which files are made: JSON that may stand in a page as it is."""
    source, found = _source(taken), addresses()
    told = schema_org.dataset(dataset_of(source, Manifest({}, {}), found, current.settings().operator), found)
    # In a page a script ends at the first </script>, wherever that stands.
    return json.dumps(told, ensure_ascii=False).replace("<", "\\u003c")


def _source(taken: Snapshot) -> Source:
    return Source(current.store(), taken, state_of(taken), definition_of(taken))


def made(datasets: list[Dataset]) -> str:
    """A digest of what is said beside the states: which files are made, and when registers were."""
    return sha256(repr(datasets).encode()).hexdigest()[:16]


def addresses() -> Addresses:
    """Where things are for who asks now."""
    return Addresses(
        home=_url("pages-home.show_home"),
        catalogue=_url("v2-described.show_catalogue"),
        archive=_url("v2-archives.find_archive"),
        service=_url("v2-registers.list_registers"),
        service_description=_url("pages-docs.show_openapi_json"),
        register=lambda name: _url("v2-registers.show_register", register=name),
        page=lambda name: _url("pages-registers.show_register", register=name),
        file=_file,
    )


def _file(register: str, size: str, file: str) -> str:
    if not size:
        return _url("v2-files.find_file", register=register, file=file)
    return _url("v2-files.download_file", register=register, size=size, file=file)


def _url(endpoint: str, **values: str) -> str:
    return hosts.absolute(paging.plain_path(endpoint, **values))
