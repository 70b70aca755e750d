"""The form that suggests what a file says: the file, whether it has every record, what kind of change it is, and why.

The form keeps nothing here between its steps: the second carries the file, and a digest of what was shown of it, so
that what is sent is what was looked at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from werkzeug.datastructures import FileStorage

from api.pages import packing
from api.pages.faults import Fault, sentence
from api.pages.languages.saying import gettext, gettext_noop
from registers.errors import Invalid, TooLarge
from review import proposals
from review.purposes import CHANGE, CORRECT

LIMIT = 10 * packing.MEGABYTE  # bytes of a file
MOST_ROWS = 50_000
KINDS = {
    CHANGE: (gettext_noop("Things are different now"), gettext_noop("Something changed in the world, or is new in it")),
    CORRECT: (gettext_noop("The register was wrong"), gettext_noop("It should have been like this before")),
}
LONGEST_NAME = 60  # characters of a file's name
_UNSAID = re.compile(r"[^\w. -]|\A[. ]+")  # what a file's name loses here, where it is the name of a file


@dataclass(frozen=True, slots=True)
class FileForm:
    """What was sent. `shown` is the digest of the changes that were shown before, if any were; `draft` names the draft
    that is open in the form, if one is.
    """

    content: bytes = b""
    name: str = ""
    is_complete: bool = False
    kind: str = CHANGE
    reason: str = ""
    evidence: str = ""
    shown: str = ""
    draft: str = ""

    @property
    def packed(self) -> str:
        """The file as a hidden part of the form carries it."""
        return packing.pack(self.content)

    @property
    def purpose(self) -> str:
        """The purpose of the proposal; for what is different now, the plainest that fits what the file does."""
        return CORRECT if self.kind == CORRECT else ""

    @property
    def note(self) -> str:
        """What those who decide are told: why, and where it can be checked."""
        return f"{self.reason}\nEvidence: {self.evidence}" if self.evidence else self.reason


def read(sent: Mapping[str, str], file: FileStorage | None) -> FileForm:
    """The form as it was sent, with the file that came now, or else the one that came before.

    Raises Invalid for a file that the form carries broken, TooLarge for one over the limit.
    """
    reason, evidence = (sent.get(name, "").replace("\r\n", "\n").strip() for name in ("reason", "evidence"))
    if file is not None and file.filename:
        with file.stream as stream:
            content, name, shown = stream.read(LIMIT + 1), file.filename, ""
        if len(content) > LIMIT:
            most = LIMIT // packing.MEGABYTE
            raise TooLarge(gettext("The file is larger than %(most)s MB: send it in parts", most=most))
    else:
        content = packing.unpack(sent.get("content", ""), LIMIT)
        name, shown = sent.get("name", ""), sent.get("shown", "")
    kind, draft = sent.get("kind", ""), sent.get("draft", "")
    return FileForm(content, named(name), "complete" in sent, kind, reason, evidence, shown, draft)


def pack(form: FileForm) -> bytes:
    """The form as a draft keeps it; in `file` is what values cannot be taken out of."""
    kept = {"file": form.packed, "name": form.name, "complete": form.is_complete}
    return json.dumps(kept | {"kind": form.kind, "reason": form.reason, "evidence": form.evidence}).encode()


def unpack(kept: bytes, draft: str) -> FileForm:
    """The form that was packed, without its file if that was taken out of it since."""
    members = json.loads(kept)
    content = packing.unpack(members.get("file", ""), LIMIT)
    name, kind, reason, evidence = (members.get(each, "") for each in ("name", "kind", "reason", "evidence"))
    return FileForm(content, name, members.get("complete", False), kind, reason, evidence, draft=draft)


def named(name: str) -> str:
    """The name of a file without its folders, and without what has a meaning to a file system."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return _UNSAID.sub("", last)[-LONGEST_NAME:].strip() or "file"


def check(form: FileForm) -> list[Fault]:
    """What is wrong with the form before its file is read."""
    faults = []
    if not form.content:
        faults.append(Fault("file", gettext("Choose a file that has something in it")))
    if form.kind not in KINDS:
        faults.append(Fault("kind", gettext("Say what kind of change it is")))
    if not form.reason:
        faults.append(Fault("reason", gettext("Say why, so that others can decide")))
    try:
        proposals.check_text("reason", form.note)
    except Invalid as error:
        faults.append(Fault("reason", sentence(error)))
    return faults
