"""How often the owner of a partition died, kept in the metadata of the partition's commits. Pure.

An event that ends the process of its consumer (a picture that makes a decoder fault, say) would end the next owner's
process too, and so on for ever. So each commit carries a mark that says that somebody is at work; who takes the
partition over and finds it still open knows that its last owner died, and counts. After two deaths in a row what may
have done it is suspect, until a commit has passed it.
"""

import json
from dataclasses import dataclass, replace

SUSPECT_AFTER = 2
# What Kafka takes for the metadata of a commit, unless its operator changed offset.metadata.max.bytes.
LONGEST = 4096
_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class CrashMark:
    """What the metadata of a commit tells.

    Attributes:
        open: Its writer was at work on the partition.
        crashes: How many owners in a row died, without a commit that passed `until`.
        until: The offset behind the last one that a dead owner may have had; 0 where none died.
        reach: The offset behind the last one that its writer may have until its next commit.
    """

    open: bool = False
    crashes: int = 0
    until: int = 0
    reach: int = 0

    def taken_over(self, *, committed: int, end: int) -> "CrashMark":
        """Return what the next owner begins with, where this is what it found.

        Args:
            committed: The offset of the commit that it was found in.
            end: The offset behind the partition's last record: nobody can have had more.
        """
        if not self.open:
            return replace(self, reach=0)
        until = min(max(self.until, self.reach), end)
        if until <= committed:
            # Its last owner had nothing to do, so nothing of the partition ended it.
            return CrashMark()
        return CrashMark(crashes=min(self.crashes + 1, _LARGEST), until=until)

    def at(self, offset: int, *, position: int, events: int) -> "CrashMark":
        """Return what a commit carries.

        Args:
            offset: What is committed.
            position: The next offset that will be delivered.
            events: How many more may be delivered until the next commit.
        """
        passed = offset >= self.until
        return CrashMark(
            open=True,
            crashes=0 if passed else self.crashes,
            until=0 if passed else self.until,
            reach=min(position + events, _LARGEST),
        )

    def closed(self) -> "CrashMark":
        """Return what the last commit of an owner carries that goes in peace."""
        return replace(self, open=False, reach=0)

    def suspects(self, offset: int) -> bool:
        """Tell whether the record at an offset may be what ended its consumers."""
        return self.crashes >= SUSPECT_AFTER and offset < self.until

    def format(self) -> str:
        """Return it as the metadata of a commit; never longer than Kafka takes."""
        told = {"open": int(self.open), "crashes": self.crashes, "until": self.until, "reach": self.reach}
        return json.dumps({"damsight": told}, separators=(",", ":"))


def parse_mark(metadata: str | None) -> CrashMark:
    """Return the mark that a commit's metadata tells; one of nobody's where it tells none, whatever it holds.

    Other programs commit too, a tool that sets a group back among them; what is not ours tells nothing of a crash.
    """
    if not metadata or len(metadata) > LONGEST:
        return CrashMark()
    try:
        told = json.loads(metadata)
    except (ValueError, RecursionError):
        return CrashMark()
    ours = told.get("damsight") if isinstance(told, dict) else None
    if not isinstance(ours, dict):
        return CrashMark()
    numbers = [ours.get(name) for name in ("open", "crashes", "until", "reach")]
    whole = [number for number in numbers if type(number) is int and 0 <= number <= _LARGEST]
    if len(whole) < len(numbers):
        return CrashMark()
    is_open, crashes, until, reach = whole
    return CrashMark(open=bool(is_open), crashes=crashes, until=until, reach=reach)
