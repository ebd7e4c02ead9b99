"""What to do about a dead letter, by its class. Pure."""

from collections.abc import Mapping

from damsight_consumer.letters.letter import Letter
from damsight_consumer.records import Stage

_REPLAY = "then `damsight dead-letters replay`"
_AT_THE_DAM = "Mend it in the DAM, which then publishes a newer revision; to replay this one does not help."
_BY_ERROR: Mapping[str, str] = {
    "EventError": "The event is not one that damsight takes; the message names each field. Correct the DAM's "
    "publisher and have it publish the asset again; to replay the same bytes helps only after damsight itself was "
    "corrected.",
    "missing": f"Put the file back where the event says, {_REPLAY}. If the DAM moved it, have the DAM publish the "
    "asset again.",
    "gone": "The storage says that the file is gone for good (410). Delete the asset in the DAM, or upload it again.",
    "changed": f"The file is not the one of which the event tells. Wait until its upload is complete, {_REPLAY}; or "
    "have the DAM publish the asset again with its new SHA-256.",
    "unknown_host": f"Correct the name service, {_REPLAY}; or correct the address in the DAM.",
    "forbidden": "A rule forbids to read from there. If it is meant to be read, add it to DAMSIGHT_FETCH__ROOTS "
    f"(folders) or DAMSIGHT_FETCH__PRIVATE_HOSTS (hosts) of the consumers, {_REPLAY}.",
    "refused": f"The storage refuses. Give the consumers the right to read it, {_REPLAY}.",
    "unreadable": f"The consumers may not read the file. Give them the right, {_REPLAY}.",
    "redirects": f"Publish the file's last address, or raise DAMSIGHT_FETCH__REDIRECTS, {_REPLAY}.",
    "encoded": f"Have the storage send the file as it is, without Content-Encoding, {_REPLAY}.",
    "no_file": "The address names a folder or a device. Correct it in the DAM.",
    "too_large": f"If such files are meant to be taken, raise DAMSIGHT_LIMITS__MAX_BYTES, {_REPLAY}.",
    "too_many_pixels": f"If such pictures are meant to be taken, raise DAMSIGHT_LIMITS__MAX_PIXELS, {_REPLAY}.",
    "empty": f"The file is empty; its upload may have failed. {_AT_THE_DAM}",
    "truncated": f"The file ends in the middle; its upload may have failed. {_AT_THE_DAM}",
    "broken": f"The file is damaged. {_AT_THE_DAM}",
    "unknown_format": "No decoder knows this format. Its words are searchable; convert it in the DAM, or wait for a "
    f"damsight that knows it, {_REPLAY}.",
    "decoder_died": "The decoder died of this file, in a process of its own. Treat the file as hostile until you know "
    f"better. {_AT_THE_DAM}",
    "decoder_stuck": f"The decoder did not end. Raise DAMSIGHT_CONSUMER__DECODE_S if it is only slow, {_REPLAY}.",
}
_BY_STAGE: Mapping[str, str] = {
    Stage.READ: "No client can read this place of the topic: its producer wrote a broken batch or a header that is no "
    "UTF-8. Correct the producer and have the DAM publish the assets again that it wrote there; there is nothing to "
    "replay.",
    Stage.WRITE: "Elasticsearch refuses the document; the message is its own. Correct the index (`damsight index "
    f"create --generation`) or the metadata, {_REPLAY}.",
}
_UNKNOWN = f"Read the message, remove its cause, {_REPLAY}."


def remedy_of(letter: Letter) -> str:
    """Return what to do about a letter, in one or two sentences."""
    if letter.stage in _BY_STAGE:
        return _BY_STAGE[letter.stage]
    return _BY_ERROR.get(letter.error, _UNKNOWN)
