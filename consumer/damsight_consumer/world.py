"""What the stages ask of the world, and how much each of them takes at once."""

from collections.abc import Callable
from dataclasses import dataclass, field

from damsight_consumer.alerting import Alarms
from damsight_consumer.fetching import FetchLimits
from damsight_consumer.ports import (
    DeadLetters,
    DocumentWriter,
    Drawing,
    Fetcher,
    PreviewStore,
    Retries,
    StoredAssets,
)
from damsight_encoders.ports import Encoders, MediaDecoder
from damsight_schemas.connections import EncodingLimits

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class StageLimits:
    """How much each stage takes at once.

    Attributes:
        fetch: Of fetching.
        media: How much of a media is looked at.
        decode_threads: One per core; there is one more for what is live.
        compared_bytes: Events that wait to be compared with what is stored.
        previewed_bytes: Assets of one lane that wait until their previews are kept.
        previews: Previews that are written at the same time.
        prepared_bytes: Media of one lane that wait for the encoders.
        encode_batch: The encoders' largest batch.
        backfill_step_s: How long a batch of the backfill lane may take while live events come.
        storable_bytes: Documents of one lane that wait for a bulk.
        bulk_bytes: The largest bulk.
        backfill_bulk: Documents in a bulk of the backfill lane, while live events come.
        bulks: Bulks in flight, of any lane; there is one more that only what is live may have.
        longest_wait_s: Between two tries while a service is in trouble.
        later_tries: Of what a later try may help; one for each retry topic.
        index_check_s: Between two looks whether the index is still that of our models.
    """

    fetch: FetchLimits = field(default_factory=FetchLimits)
    media: EncodingLimits = field(default_factory=EncodingLimits)
    decode_threads: int = 2
    compared_bytes: int = 16 * MEBIBYTE
    previewed_bytes: int = 64 * MEBIBYTE
    previews: int = 16
    prepared_bytes: int = 64 * MEBIBYTE
    encode_batch: int = 64
    backfill_step_s: float = 0.03
    storable_bytes: int = 32 * MEBIBYTE
    bulk_bytes: int = 8 * MEBIBYTE
    backfill_bulk: int = 16
    bulks: int = 2
    longest_wait_s: float = 30.0
    later_tries: int = 3
    index_check_s: float = 10.0


@dataclass(frozen=True)
class KeptPreviews:
    """How previews are made and kept.

    Attributes:
        draw: Makes them.
        longest_px: The longest side of the largest.
        store: Keeps them.
    """

    draw: Drawing
    longest_px: int
    store: PreviewStore


@dataclass(frozen=True)
class World:
    """What the stages ask of the world.

    Attributes:
        encoders: What is left out has no leg.
        decoder: Makes pictures, sounds and words of bytes.
        decoder_apart: The same in a process of its own, for what may end the process that decodes it.
        fetcher: Reads bytes.
        stored: Tells what the index holds.
        writer: Puts documents into it.
        retries: For what a later try may help.
        dead_letters: For what could not be taken.
        check_index: Raises where the index is no longer that of our models.
        previews: None are kept without it.
        alarms: Nobody is told of what arrives without it.
    """

    encoders: Encoders
    decoder: MediaDecoder
    decoder_apart: MediaDecoder
    fetcher: Fetcher
    stored: StoredAssets
    writer: DocumentWriter
    retries: Retries
    dead_letters: DeadLetters
    check_index: Callable[[], object] = lambda: None
    previews: KeptPreviews | None = None
    alarms: Alarms | None = None
