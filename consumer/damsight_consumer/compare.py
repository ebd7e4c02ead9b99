"""What an event still needs, given what the index holds of its asset. Pure.

Whatever is stored in an index was made by the models that its ``_meta`` names, and a consumer with other models does
not start; so a stored vector of the same bytes, or of the same words, is the vector that would be made again.
"""

from dataclasses import replace

from damsight_consumer.plan import Plan
from damsight_consumer.ports import Stored
from damsight_consumer.records import Lane, Work
from damsight_schemas.events import DeletedEvent, EventType
from damsight_schemas.version import is_complete


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


def can_reuse(steps: Plan, stored: Stored | None) -> bool:
    """Tell whether a vector that is stored may serve, so that it is worth bringing.

    Args:
        steps: Of the event.
        stored: What the index holds, without vectors.
    """
    if not _is_whole(stored):
        return False
    return _is_same_picture(steps, stored) or _is_same_caption(steps, stored)


def reused(steps: Plan, stored: Stored | None) -> Plan:
    """Return the steps that are left when stored vectors serve where they can.

    Args:
        steps: Of the event.
        stored: What the index holds, with vectors where `can_reuse`.
    """
    if stored is None or not _is_whole(stored):
        return replace(steps, stored_sha256=None)
    findings, picture, caption = steps.findings, steps.picture, steps.caption
    if stored.image_vector is not None and _is_same_picture(steps, stored):
        findings = replace(
            findings,
            image_vector=stored.image_vector,
            size=stored.size,
            sha256=stored.sha256,
            byte_size=stored.byte_size,
        )
        picture = None
    if stored.caption_vector is not None and _is_same_caption(steps, stored):
        findings, caption = replace(findings, caption_vector=stored.caption_vector), ""
    # Told no digest, only the bytes themselves can tell; asked once they are there, it is not asked again.
    unknown = picture is not None and picture.sha256 is None and steps.findings.sha256 is None
    return replace(
        steps, picture=picture, caption=caption, findings=findings, stored_sha256=stored.sha256 if unknown else None
    )


def _is_whole(stored: Stored | None) -> bool:
    return stored is not None and not stored.deleted and is_complete(stored.version)


def _is_same_picture(steps: Plan, stored: Stored | None) -> bool:
    if steps.picture is None or stored is None:
        return False
    told = steps.findings.sha256 or steps.picture.sha256
    return told is not None and told == stored.sha256


def _is_same_caption(steps: Plan, stored: Stored | None) -> bool:
    return stored is not None and steps.caption != "" and steps.caption == stored.caption_text
