"""The tables of people and programs. Only `person`, `password`, `identity` and `session` say who somebody is.

An account is an opaque id, which logs and proposals carry for good. Who stands behind it is in tables of its own, from
which it can be deleted.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
)

from registers.store.tables import Plain, metadata

# An API key. The key itself is shown once and never kept: `digest` is its SHA-256. `actor` is the opaque id that
# revisions carry, `maker` that of whoever made the key. `scopes` and `registers` are words parted by spaces; no
# registers means all of them.
api_key = Table(
    "api_key",
    metadata,
    Column("id", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("actor", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("registers", Text, nullable=False),
    Column("maker", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("revoked", BigInteger),
)

# How many decisions the access log holds: one row, which every act about people locks first.
people_head = Table(
    "people_head",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("accesses", BigInteger, nullable=False),
)

# An account: an opaque id, and when its person was forgotten.
account = Table(
    "account",
    metadata,
    Column("id", Plain, primary_key=True),
    Column("created", BigInteger, nullable=False),
    Column("forgotten", BigInteger),
)

# Who an account is. `folded` is the e-mail in the form that is the same for all its spellings; `confirmed` is when it
# was shown to reach the person.
person = Table(
    "person",
    metadata,
    Column("account", Plain, ForeignKey("account.id"), primary_key=True),
    Column("name", Text, nullable=False),
    Column("email", Text),
    Column("folded", Plain, unique=True),
    Column("confirmed", BigInteger),
)

# What is kept of a password: its Argon2id hash, with salt and parameters.
password = Table(
    "password",
    metadata,
    Column("account", Plain, ForeignKey("account.id"), primary_key=True),
    Column("hash", Text, nullable=False),
    Column("changed", BigInteger, nullable=False),
)

# Who an account is to an OpenID provider.
identity = Table(
    "identity",
    metadata,
    Column("issuer", Plain, primary_key=True),
    Column("subject", Plain, primary_key=True),
    Column("account", Plain, ForeignKey("account.id"), nullable=False),
    Index("identity_account", "account"),
)

# A session, by the SHA-256 of what its cookie holds. `way` is how its person came, `used` when it was last seen, to
# within a few minutes.
session = Table(
    "session",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("account", Plain, ForeignKey("account.id"), nullable=False),
    Column("way", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("used", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Index("session_account", "account"),
    Index("session_expires", "expires"),
)

# A role that an account has on a register, or on all of them (null).
role = Table(
    "role",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("account", Plain, ForeignKey("account.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("register_id", Integer, ForeignKey("register.id", ondelete="CASCADE")),
    Column("granted", BigInteger, nullable=False),
    Column("granted_by", Text, nullable=False),
    CheckConstraint("name IN ('contributor', 'reviewer', 'custodian', 'administrator')", name="role_name"),
    Index("role_account", "account"),
    Index("role_register", "register_id"),
)

# Links that were used, by their SHA-256, until they would have ended by themselves.
used_link = Table(
    "used_link",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("expires", BigInteger, nullable=False),
    Index("used_link_expires", "expires"),
)

# Attempts to sign in that failed, by a keyed digest of an e-mail or of an address: how many, when the last was, and
# until when no other is looked at.
failure = Table(
    "failure",
    metadata,
    Column("subject", LargeBinary, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Index("failure_last", "last"),
)

# How often something was done of late, by a keyed digest of what it is and of whom, until it is forgotten.
tally = Table(
    "tally",
    metadata,
    Column("subject", LargeBinary, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("ends", BigInteger, nullable=False),
    Index("tally_ends", "ends"),
)

# That an account may suggest nothing, on a register or on all of them (null).
bar = Table(
    "bar",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("account", Plain, ForeignKey("account.id"), nullable=False),
    Column("register_id", Integer, ForeignKey("register.id", ondelete="CASCADE")),
    Column("since", BigInteger, nullable=False),
    Column("barred_by", Text, nullable=False),
    Index("bar_account", "account"),
    Index("bar_register", "register_id"),
)

# What somebody had typed when they asked for a link, by the SHA-256 of what the link holds for it: of nobody, until the
# link is followed. `path` is the page that it goes on at.
draft = Table(
    "draft",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("account", Plain, ForeignKey("account.id")),
    Column("path", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Index("draft_account", "account"),
    Index("draft_expires", "expires"),
)

# The access log: what was decided about whom. Insert-only, held by triggers; it names opaque ids alone. `why` is empty
# where it was allowed.
access = Table(
    "access",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("time", BigInteger, nullable=False),
    Column("actor", Plain, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Plain, nullable=False),
    Column("register", Plain, nullable=False),
    Column("allowed", Boolean, nullable=False),
    Column("why", Text, nullable=False),
    Index("access_actor", "actor", "number"),
    Index("access_subject", "subject", "number"),
)
