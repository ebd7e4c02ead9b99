"""What an event still needs, given what the index holds of its asset. Pure.

Whatever is stored in an index was made by the models that its ``_meta`` names, and a consumer with other models does
not start; so a stored vector of the same bytes, or of the same words, is the vector that would be made again.

What the space check cannot see, such as a captioner, languages to read, the frames of a video or the size of previews,
is the pipeline's epoch: what an older epoch made serves nobody (see `damsight_schemas.version`).
"""

from damsight_consumer.compose import Findings
from damsight_consumer.plan import Plan, caption_text, metadata_text
from damsight_consumer.ports import Stored
from damsight_consumer.records import Lane, Work
from damsight_schemas.events import DeletedEvent, EventType
from damsight_schemas.version import epoch_of, is_complete


def is_worth_comparing(work: Work) -> bool:
    """Tell whether the index may hold something of use.

    Not for what was just created: there is nothing, and to ask would cost the most frequent event its time.
    """
    if isinstance(work.event, DeletedEvent):
        return False
    return work.lane is not Lane.LIVE or work.event.type != EventType.CREATED or work.record.suspect


def is_already_stored(work: Work, stored: Stored | None) -> bool:
    """Tell whether the index holds this revision whole, or a newer one."""
    return stored is not None and stored.version >= work.version


def can_reuse(steps: Plan, stored: Stored | None, *, epoch: int = 0) -> bool:
    """Tell whether a vector that is stored may serve, so that it is worth bringing.

    Args:
        steps: Of the event.
        stored: What the index holds, without vectors.
        epoch: Of the pipeline.
    """
    if stored is None or not _serves(stored, epoch):
        return False
    return _is_same_media(steps, stored) or _is_same_caption(steps, stored)


def reused(steps: Plan, stored: Stored | None, *, epoch: int = 0) -> Plan:
    """Return the steps that are left when what is stored serves where it can.

    Args:
        steps: Of the event.
        stored: What the index holds, with vectors where `can_reuse`.
        epoch: Of the pipeline.
    """
    if stored is None:
        return steps._replace(stored_sha256=None)
    anew = steps._replace(findings=steps.findings._replace(outdated=stored.findings.previews()), stored_sha256=None)
    if not _serves(stored, epoch):
        return anew
    if _is_same_media(steps, stored) and stored.findings.shows_media():
        return _with_words(anew._replace(media=None, describe=False, findings=_media_of(steps, stored)), stored)
    # Told no digest, only the bytes themselves can tell; asked once they are there, it is not asked again.
    unknown = steps.media is not None and steps.media.sha256 is None and steps.findings.sha256 is None
    return _with_words(anew._replace(stored_sha256=stored.findings.sha256 if unknown else None), stored)


def _serves(stored: Stored, epoch: int) -> bool:
    return not stored.deleted and is_complete(stored.version) and epoch_of(stored.version) >= epoch


def _is_same_media(steps: Plan, stored: Stored) -> bool:
    if steps.media is None or (steps.describe and stored.metadata.caption.strip()):
        # Where somebody took a typed caption away, one is to be written, which nobody did before.
        return False
    told = steps.findings.sha256 or steps.media.sha256
    return told is not None and told == stored.findings.sha256


def _is_same_caption(steps: Plan, stored: Stored) -> bool:
    return bool(steps.caption) and not steps.describe and steps.caption == stored.caption_text


def _media_of(steps: Plan, stored: Stored) -> Findings:
    """Return what is stored of the media itself: nothing of it depends on what was typed."""
    generated = stored.findings.generated_caption if steps.describe else ""
    return stored.findings._replace(generated_caption=generated, caption_vector=None, fused_vector=None)


def _with_words(left: Plan, stored: Stored) -> Plan:
    """Return the steps once the stored vectors of the same words serve."""
    findings, held = left.findings, stored.findings
    text = caption_text(left.metadata, findings.generated_caption)
    if left.describe or text != stored.caption_text:
        return left if left.caption is None else left._replace(caption=text)
    if held.caption_vector is not None:
        left = left._replace(caption=None, findings=findings._replace(caption_vector=held.caption_vector))
    same_media = left.media is None and findings.shows_media() == held.shows_media()
    same_words = metadata_text(left.metadata) == metadata_text(stored.metadata)
    if left.fuse and held.fused_vector is not None and same_media and same_words:
        left = left._replace(fuse=False, findings=left.findings._replace(fused_vector=held.fused_vector))
    return left
