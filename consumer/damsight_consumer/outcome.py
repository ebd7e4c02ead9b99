"""From a batch's rows to what is known of each asset. What fails leaves the rest, and the most important is told.

The order of importance: that the media was not read; the image vector; the caption vector; then all that an asset is
found without: its parts, look, sound, written caption, words that were read, fused vector and previews. A document with
a problem is dead-lettered, so that to replay it makes everything again; only what comes later by itself is retried.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import Any

from damsight_consumer.batch import Numbered, Said, Seen
from damsight_consumer.compose import NOTHING_FOUND, Findings, FoundPart, Row
from damsight_consumer.decoding import Encodable
from damsight_consumer.telemetry import Telemetry, Went
from damsight_encoders.ports import FusedPart, Fusion
from damsight_schemas.document import Problem


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What became of a batch.

    Attributes:
        seen: The rows of what is to be seen and heard.
        said: The words and their rows.
        fusion: For what is fused.
        telemetry: Is told what was made, and what was not.
    """

    seen: Seen
    said: Said
    fusion: Fusion | None
    telemetry: Telemetry

    def found(self, number: int, item: Encodable) -> Findings:
        """Return what is known of one asset now.

        Args:
            number: Its place in the batch.
            item: The asset.
        """
        problem = self._problem(number, item)
        made = self._made(number)
        # To copy twenty fields one by one costs more than all else here, and most events bring the first findings.
        is_first = item.findings is NOTHING_FOUND
        findings = Findings(**made, problem=problem) if is_first else item.findings._replace(**made, problem=problem)
        self._tell(number)
        if item.steps.fuse and self.fusion is not None:
            findings = findings._replace(fused_vector=_fused(findings, number, self.said, self.fusion))
            self.telemetry.went("fused", "empty" if findings.fused_vector is None else "made")
        return findings

    def _made(self, number: int) -> dict[str, Any]:
        """Return the fields that this batch brought."""
        seen, said = self.seen, self.said
        rows = {
            "image_vector": seen.covers.get(number),
            "caption_vector": said.captions.get(number),
            "look_vector": seen.looks.get(number),
            "audio_vector": seen.sounds.get(number),
            "generated_caption": said.generated.get(number),
        }
        made: dict[str, Any] = {
            name: row for name, row in rows.items() if row is not None and not isinstance(row, Problem)
        }
        parts = [FoundPart(place, row) for place, row in seen.parts.get(number, ()) if not isinstance(row, Problem)]
        return made | {"frames": tuple(parts)} if parts else made

    def _problem(self, number: int, item: Encodable) -> Problem | None:
        """Return the most important thing that failed."""
        if item.findings.problem is not None:
            return item.findings.problem
        seen, said = self.seen, self.said
        for rows in (seen.covers, said.captions):
            if isinstance(failed := rows.get(number), Problem):
                return failed
        if item.lesser is not None:
            return item.lesser
        parts = (row for _, row in seen.parts.get(number, ()))
        others = (rows.get(number) for rows in (seen.looks, seen.sounds, said.generated, said.ocr, said.metadata))
        return next((one for one in chain(parts, others) if isinstance(one, Problem)), None)

    def _tell(self, number: int) -> None:
        for _, row in self.seen.parts.get(number, []):
            self.telemetry.went("part", _went(row))
        seen, said = self.seen, self.said
        for what, results in (("look", seen.looks), ("audio", seen.sounds), ("generated_caption", said.generated)):
            result = results.get(number)
            if result is not None:
                self.telemetry.went(what, _went(result))


def _fused(findings: Findings, number: int, said: Said, fusion: Fusion) -> Row | None:
    rows: Mapping[FusedPart, Row | None] = {
        "image": findings.image_vector,
        "caption": findings.caption_vector,
        "ocr": _row(said.ocr, number, None),
        "metadata": _row(said.metadata, number, None),
    }
    # Nothing that counts is there: the asset has nothing to be found by in this space.
    with suppress(ValueError):
        return fusion.fuse({part: row for part, row in rows.items() if row is not None})
    return None


def _went(result: Row | str | Problem) -> Went:
    if isinstance(result, Problem):
        return "failed"
    return "empty" if isinstance(result, str) and not result else "made"


def _row(rows: Numbered, number: int, before: Row | None) -> Row | None:
    row = rows.get(number)
    return before if row is None or isinstance(row, Problem) else row
