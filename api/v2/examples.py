"""The examples of `api.v2.documents`: what v2 answers about the register `country` at its 210 entries."""

from __future__ import annotations

from typing import Any

BLOB_HASH = "122016a21568e4f3f8c3c4f8088fe2829cc2863e1bae1be19607878b62dc2df93eba"
ROOT = "12203fb02f1188e670f8abaa0f1d16819d3ea202153d50a65e25366ceff880bcd02f"
TIME = "2019-06-14T14:27:30Z"
METADATA_ROOT = "sha-256:17f92267a4bcf38f322686c7a37e69d006606f1aa1bd8a9a8a52744f73ba418d"

LISTED: dict[str, Any] = {
    "register": "country",
    "title": "Country",
    "text": "British English names of all countries currently recognised by the UK government",
    "custodian": "David de Silva",
    "phase": "beta",
    "total-records": 199,
    "total-entries": 210,
    "last-updated": "2019-06-14T14:27:30Z",
    "links": {
        "context": "/v2/registers/country/context",
        "records": "/v2/registers/country/records",
        "entries": "/v2/registers/country/entries",
        "blobs": "/v2/registers/country/blobs",
        "changes": "/v2/registers/country/changes",
        "metadata": "/v2/registers/country/metadata",
        "proof": "/v2/registers/country/proofs/register",
        "download-rsf": "/v2/registers/country/download-rsf",
        "catalogue": "/v2/registers/country/catalogue",
    },
}
CONTEXT: dict[str, Any] = {
    "id": "country",
    "title": "Country",
    "description": "British English names of all countries currently recognised by the UK government",
    "custodian": "David de Silva",
    "tier": "ordinary",
    "hashing-algorithm": {"codec": "sha2-256", "function-type": 18, "digest-length": 32},
    "root-hash": "12203fb02f1188e670f8abaa0f1d16819d3ea202153d50a65e25366ceff880bcd02f",
    "statistics": {"total-records": 199, "total-entries": 210, "total-blobs": 210},
    "status": {"start-date": "2016-04-05T13:23:05Z"},
    "schema": [
        {
            "id": "country",
            "datatype": "string",
            "cardinality": "1",
            "title": "Country",
            "description": "The country's 2-letter ISO 3166-2 alpha2 code.",
        },
        {
            "id": "name",
            "datatype": "string",
            "cardinality": "1",
            "title": "Name",
            "description": "The commonly-used name of a record.",
        },
        {
            "id": "official-name",
            "datatype": "string",
            "cardinality": "1",
            "title": "Official name",
            "description": "The official or technical name of a record.",
        },
        {
            "id": "citizen-names",
            "datatype": "string",
            "cardinality": "1",
            "title": "Citizen names",
            "description": "The name of a country's citizens.",
        },
        {
            "id": "start-date",
            "datatype": "datetime",
            "cardinality": "1",
            "title": "Start date",
            "description": "The date a record first became relevant to a register.",
        },
        {
            "id": "end-date",
            "datatype": "datetime",
            "cardinality": "1",
            "title": "End date",
            "description": "The date a record stopped being applicable.",
        },
    ],
}
RECORD: dict[str, Any] = {
    "_id": "GB",
    "citizen-names": "Briton;British citizen",
    "country": "GB",
    "name": "United Kingdom",
    "official-name": "The United Kingdom of Great Britain and Northern Ireland",
}
RECORD_ROWS = (
    "_id,country,name,official-name,citizen-names,start-date,end-date\r\n"
    'GB,GB,"United Kingdom","The United Kingdom of Great Britain and Northern Ireland","Briton;Briti'
    'sh citizen",,\r\n'
)
ENTRY: dict[str, Any] = {
    "entry-number": 6,
    "entry-timestamp": "2016-04-05T13:23:05Z",
    "key": "GB",
    "blob-hash": "122016a21568e4f3f8c3c4f8088fe2829cc2863e1bae1be19607878b62dc2df93eba",
}
ENTRY_ROWS = (
    "entry-number,entry-timestamp,key,blob-hash\r\n"
    '6,2016-04-05T13:23:05Z,GB,"122016a21568e4f3f8c3c4f8088fe2829cc2863e1bae1be19607878b62dc2df93eba'
    '"\r\n'
)
BLOB: dict[str, Any] = {
    "_id": "122016a21568e4f3f8c3c4f8088fe2829cc2863e1bae1be19607878b62dc2df93eba",
    "citizen-names": "Briton;British citizen",
    "country": "GB",
    "name": "United Kingdom",
    "official-name": "The United Kingdom of Great Britain and Northern Ireland",
}
BLOB_ROWS = (
    "_id,country,name,official-name,citizen-names,start-date,end-date\r\n"
    '"122016a21568e4f3f8c3c4f8088fe2829cc2863e1bae1be19607878b62dc2df93eba",GB,"United Kingdom","The'
    ' United Kingdom of Great Britain and Northern Ireland","Briton;British citizen",,\r\n'
)
PATH_OF_6_AT_208: list[str] = [
    "12205c2c85d30e028fd67dd742cfa519c7a7b06ada35f7b206c88f449e5197ae7b58",
    "12208c5b1f15a0938aaf818f32efdf9847d06c3d588bf2da210d47dc54c6002c0afe",
    "12204af999da8f9e1a9af14b4f24e3864317e0328af29b735718ab9bb5397a89f79f",
    "122086da0b79456cb8328854acdadbda1f11a95709d35d0c7753cbd70a47f217ddab",
    "1220ad6e8442b2c2f3f727bd27867c34e1b09f0ee7a3249bde5fbd0290f8fbbc7900",
    "1220a8f4160aa5cea46a43d94d9db0db6ed83c282a7d99a19b30b23289d1e32acc92",
    "12203f028093a51b6d2bbfb56bb4a24482910ba473be34e59235cda16f8b57115a3d",
    "12205f15d65018c2e5343207896c8462b62b5f1f195fc5e1912559087bb8f929c9b1",
]
FROM_197_TO_200: list[str] = [
    "12204bf11510de951962dd7f85883aa502c39c3608b75828ba2fce0fb66913e1c046",
    "12202849fbc94fe0b1e11026468a282cb781bdec0c1827c5e29c64f8b7336923dff1",
    "12202d4c5d67f612ac3f4fdcb7f2a6613089e45c3f3825ede266201b8bff9d305843",
    "122058eea99850fbc92eea304bcddc20a81fbc36560e5ede0e7f398c5d8098d8f38f",
    "1220f0b6e1801eedc4eaea4fa71c88fe87a5f7403aefb51ef8135e3f734bba1228cd",
    "12204808d0a4313652ddc6098fbcdb9f6e89d8bd4a9b4728c0c8762c268658970f8a",
]
CHANGES: dict[str, Any] = {
    "from": {
        "size": 209,
        "root-hash": "1220d476a69561b5687c3d189fce876f77eab8a5d062d75892b9a07c21077d1405dc",
        "time": "2019-02-25T16:59:09Z",
    },
    "to": {
        "size": 210,
        "root-hash": "12203fb02f1188e670f8abaa0f1d16819d3ea202153d50a65e25366ceff880bcd02f",
        "time": "2019-06-14T14:27:30Z",
    },
    "changes": [
        {
            "key": "MM",
            "change": "changed",
            "from-entry": 34,
            "to-entry": 210,
            "fields": {
                "citizen-names": {"from": "Burmese", "to": "Citizen of Myanmar"},
                "name": {"from": "Burma", "to": "Myanmar (Burma)"},
            },
        }
    ],
}
CHANGE_ROWS = (
    "key,change,field,from,to\r\n"
    'MM,changed,citizen-names,Burmese,"Citizen of Myanmar"\r\n'
    'MM,changed,name,Burma,"Myanmar (Burma)"\r\n'
)
METADATA: dict[str, Any] = {
    "root-hash": "sha-256:105e8e1f1bf80523e460bfda481deff4dd7d4b12d02331ddfc9be27138048524",
    "total-entries": 1,
    "definition": {"name": {"name": "country"}},
    "entries": [
        {
            "entry-number": 1,
            "entry-timestamp": "2017-07-17T10:59:47Z",
            "key": "name",
            "item-hash": "sha-256:d3d8e15fbd410e08bd896902fba40d4dd75a4a4ae34d98b87785f4b6965823ba",
            "item": {"name": "country"},
        }
    ],
}
RSF_209_TO_210 = (
    "assert-root-hash\t1220d476a69561b5687c3d189fce876f77eab8a5d062d75892b9a07c21077d1405dc\n"
    'add-item\t{"citizen-names":"Citizen of Myanmar","country":"MM","name":"Myanmar (Burma)","officia'
    'l-name":"The Republic of the Union of Myanmar"}\n'
    "append-entry\tuser\tMM\t2019-06-14T14:27:30Z\t12200ba5503370ccbe617cfb431b7b7cd756199844bfeafc88480"
    "a31a272e1b983bc\n"
    "assert-root-hash\t12203fb02f1188e670f8abaa0f1d16819d3ea202153d50a65e25366ceff880bcd02f\n"
)
# Some of the file's lines: the first, the first item, its entry, and the last.
RSF_WHOLE = (
    "assert-root-hash\t1220e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"
    'add-item\t{"name":"country"}\n'
    "append-entry\tsystem\tname\t2017-07-17T10:59:47Z\t1220f0cdcfbc7dac52f048f2ee0f7bfd18c8feba74f654d69"
    "3135b43859e8ecc55e5\n"
    "assert-root-hash\t12203fb02f1188e670f8abaa0f1d16819d3ea202153d50a65e25366ceff880bcd02f\n"
)
