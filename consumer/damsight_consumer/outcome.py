"""From a batch's rows to what is known of each asset. What fails leaves the rest, and the most important is told.

The order of importance: that the media was not read; the image vector; the caption vector; then all that an asset is
found without: its parts, look, sound, written caption, words that were read, fused vector and previews. A document with
a problem is dead-lettered, so that to replay it makes everything again; only what comes later by itself is retried.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from damsight_consumer.batch import Numbered, Said, Seen
from damsight_consumer.compose import Findings, FoundPart, Row
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
        seen, said, findings = self.seen, self.said, item.findings
        parts = [FoundPart(place, row) for place, row in seen.parts.get(number, []) if not isinstance(row, Problem)]
        generated = said.generated.get(number)
        findings = replace(
            findings,
            image_vector=_row(seen.covers, number, findings.image_vector),
            caption_vector=_row(said.captions, number, findings.caption_vector),
            look_vector=_row(seen.looks, number, findings.look_vector),
            audio_vector=_row(seen.sounds, number, findings.audio_vector),
            frames=tuple(parts) or findings.frames,
            generated_caption=generated if isinstance(generated, str) else findings.generated_caption,
        )
        if item.steps.fuse and self.fusion is not None:
            findings = replace(findings, fused_vector=_fused(findings, number, said, self.fusion))
            self.telemetry.went("fused", "empty" if findings.fused_vector is None else "made")
        self._tell(number)
        problems = (findings.problem, *_problems(number, seen, said), item.lesser, *_lesser(number, seen, said))
        return replace(findings, problem=next((one for one in problems if one is not None), None))

    def _tell(self, number: int) -> None:
        for _, row in self.seen.parts.get(number, []):
            self.telemetry.went("part", _went(row))
        seen, said = self.seen, self.said
        for what, results in (("look", seen.looks), ("audio", seen.sounds), ("generated_caption", said.generated)):
            result = results.get(number)
            if result is not None:
                self.telemetry.went(what, _went(result))


def _problems(number: int, seen: Seen, said: Said) -> Iterator[Problem | None]:
    for rows in (seen.covers, said.captions):
        yield _problem(rows.get(number))


def _lesser(number: int, seen: Seen, said: Said) -> Iterator[Problem | None]:
    for _, row in seen.parts.get(number, []):
        yield _problem(row)
    for rows in (seen.looks, seen.sounds, said.generated, said.ocr, said.metadata):
        yield _problem(rows.get(number))


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


def _problem(result: object) -> Problem | None:
    return result if isinstance(result, Problem) else None
