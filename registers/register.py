"""A register as the store knows it, where its log stands, and the states it has been in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from registers.entry import Region, shortened
from registers.errors import Invalid
from registers.merkle import HASH_BYTES, fold

TIERS = ("ordinary", "critical")


def check_tier(tier: object) -> str:
    """`tier`, or Invalid for what is none."""
    if tier not in TIERS:
        raise Invalid(f"tier: is one of {', '.join(TIERS)}, not {shortened(tier)}")
    return str(tier)


@dataclass(frozen=True, slots=True)
class Register:
    """A register's identity. `origin` starts its chain; while `loading` it is invisible to all but its loader.

    `tier` is what its metadata says, as `tiers` has it.
    `successor` is what a retired register says to use instead: the name of a register here, or a URL. One that
    `is_direct` has a custodian who decides alone, because an administrator has said so.
    """

    id: int
    name: str
    key_field: str | None
    origin: str
    tier: str
    status: str
    loading: bool
    created: int
    successor: str | None
    is_direct: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """Where a register's log stands: sizes, counts, the latest timestamps, chain hashes and the edges of its trees."""

    register_id: int
    revision: int
    entries: int
    metadata_entries: int
    records: int
    items: int
    latest: int
    metadata_latest: int
    chain: bytes
    metadata_chain: bytes
    v1_edge: bytes
    v2_edge: bytes
    metadata_edge: bytes

    def size(self, region: Region) -> int:
        """How many entries a region has."""
        return self.entries if region is Region.USER else self.metadata_entries

    @property
    def v1_root(self) -> bytes:
        """The root of the v1 tree over the user entries: the root that GOV.UK Registers published."""
        return edge_root(self.v1_edge)

    @property
    def v2_root(self) -> bytes:
        """The root of the v2 tree over the user entries."""
        return edge_root(self.v2_edge)

    @property
    def metadata_root(self) -> bytes:
        """The root of the tree over the metadata entries."""
        return edge_root(self.metadata_edge)


@dataclass(frozen=True, slots=True)
class Revision:
    """One append: the state it made, and who made it, when, under which policy, from what source."""

    register_id: int
    number: int
    entries: int
    metadata_entries: int
    v1_root: bytes
    v2_root: bytes
    metadata_root: bytes
    records: int
    items: int
    time: int
    actor: str
    policy: str
    source: str


@dataclass(frozen=True, slots=True)
class Authority:
    """In whose name an append is made: an opaque actor, the policy that allows it, and where it came from."""

    actor: str
    policy: str = "direct"
    source: str = ""


def edge_hashes(edge: bytes) -> tuple[bytes, ...]:
    """An edge as it is kept, 32 bytes a hash, as its hashes."""
    return tuple(edge[i : i + HASH_BYTES] for i in range(0, len(edge), HASH_BYTES))


@lru_cache(maxsize=1024)
def edge_root(edge: bytes) -> bytes:
    """The root hash over an edge as it is kept."""
    return fold(edge_hashes(edge))
