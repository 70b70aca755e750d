"""A register as a schema.org `Dataset`, as search engines read it in a page.

It says what the catalogue says but for the bytes of files, so it is a function of the register's state, as its page is.
"""

from __future__ import annotations

from typing import Any

from bulk.describing.dataset import Addresses, Dataset, Download


def dataset(of: Dataset, addresses: Addresses) -> dict[str, Any]:
    """The description of a register; members that have no value are left out."""
    licence = of.licence and (of.licence.uri or of.licence.title)
    members = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": of.url,
        "name": of.title,
        "description": of.text or of.title,
        "url": of.page,
        "identifier": of.identifier,
        "version": of.version,
        "datePublished": of.issued,
        "dateModified": of.modified,
        "creator": {"@type": "Organization", "name": of.publisher},
        "license": licence,
        "creditText": of.attribution,
        "spatialCoverage": of.where,
        "temporalCoverage": "/".join(end or ".." for end in of.span) if any(of.span) else "",
        "isAccessibleForFree": True,
        "includedInDataCatalog": {"@type": "DataCatalog", "url": addresses.catalogue},
        "distribution": [_download(each) for each in of.downloads],
    }
    return {name: value for name, value in members.items() if value}


def _download(download: Download) -> dict[str, str]:
    return {
        "@type": "DataDownload",
        "name": download.kind.name,
        "encodingFormat": download.kind.content_type.partition(";")[0],
        "contentUrl": download.url,
    }
