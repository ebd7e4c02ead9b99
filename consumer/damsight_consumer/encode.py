"""The encoder's batches: whatever is ready when the encoder is free goes through together."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from damsight_consumer.bounds import ByteQueue
from damsight_consumer.breaker import Breaker
from damsight_consumer.decoding import Encodable, problem_of
from damsight_consumer.errors import AbandonedError
from damsight_consumer.patience import Patience
from damsight_consumer.records import Stage, Work
from damsight_consumer.store import Storable
from damsight_consumer.telemetry import Telemetry
from damsight_encoders.errors import DeviceError, EncoderUnavailableError
from damsight_encoders.ports import Encoders, Vectors
from damsight_schemas.document import Problem

Given = TypeVar("Given")
Row = NDArray[np.float32]

# The device or the service is in trouble, not the asset: trying again may help.
TROUBLE = (DeviceError, EncoderUnavailableError)
MOST_BYTES = 64 * 1024 * 1024


class Encoding:
    """Takes assets in batches through the encoders.

    A batch that fails is tried one by one, so that one asset's failure is its own.

    Args:
        encoders: For pictures and for captions; what is not there is not asked.
        queue: Where assets wait.
        most: The largest batch.
        most_of_backfill: The same of the backfill lane: what is live waits for one of these at most.
        service: Tells when to try while a device or a service is in trouble.
        patience: Waits for it.
        telemetry: Is told of it.
        forward: Takes what is encoded, all of one lane; it may block.
        drop: Takes what is given up because the consumer stops.
    """

    def __init__(
        self,
        *,
        encoders: Encoders,
        queue: ByteQueue[Encodable],
        most: int,
        most_of_backfill: int,
        service: Breaker,
        patience: Patience,
        telemetry: Telemetry,
        forward: Callable[[Sequence[Storable]], None],
        drop: Callable[[Work], None],
    ) -> None:
        self._encoders = encoders
        self._queue = queue
        self._most = most
        self._most_of_backfill = most_of_backfill
        self._service = service
        self._patience = patience
        self._telemetry = telemetry
        self._forward = forward
        self._drop = drop
        # Whatever an encoder raises is read from the future, so no error can end the loop.
        self._devices = ThreadPoolExecutor(2, thread_name_prefix="encode")
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="encode-pictures")

    def run(self) -> None:
        """Encode until the queue is closed and empty."""
        while batch := self._queue.take(self._most, MOST_BYTES, backfill=self._most_of_backfill):
            try:
                storables = self._encoded(batch)
            except AbandonedError:
                for item in batch:
                    self._drop(item.work)
                continue
            self._forward(storables)
        self._beside.shutdown()
        self._devices.shutdown()

    def _encoded(self, batch: Sequence[Encodable]) -> list[Storable]:
        self._telemetry.batch(Stage.ENCODE, len(batch))
        with self._telemetry.timed(Stage.ENCODE):
            # The two models have nothing to wait for in each other, and a small one leaves cores idle.
            pictures = self._beside.submit(self._image_rows, batch)
            captions = self._caption_rows(batch)
            images = pictures.result()
        return [self._storable(item, images.get(number), captions.get(number)) for number, item in enumerate(batch)]

    def _image_rows(self, batch: Sequence[Encodable]) -> dict[int, Row | Problem]:
        joint = self._encoders.joint
        given = {number: item.prepared for number, item in enumerate(batch) if item.prepared is not None}
        if joint is None or not given:
            return {}
        return dict(zip(given, self._rows(list(given.values()), joint.encode_images), strict=True))

    def _caption_rows(self, batch: Sequence[Encodable]) -> dict[int, Row | Problem]:
        caption = self._encoders.caption
        given = {number: item.caption for number, item in enumerate(batch) if item.caption}
        if caption is None or not given:
            return {}
        # Pictures of one shoot often share their caption: each text is encoded once.
        texts = list(dict.fromkeys(given.values()))
        rows = dict(zip(texts, self._rows(texts, caption.encode_texts), strict=True))
        return {number: rows[text] for number, text in given.items()}

    def _rows(self, given: list[Given], encode: Callable[[list[Given]], Vectors]) -> list[Row | Problem]:
        result = self._attempt(given, encode)
        if not isinstance(result, BaseException):
            return list(result)
        if len(given) == 1:
            self._telemetry.unexpected(Stage.ENCODE, result)
            return [problem_of(Stage.ENCODE, result)]
        return [row for one in given for row in self._rows([one], encode)]

    def _attempt(self, given: list[Given], encode: Callable[[list[Given]], Vectors]) -> Vectors | BaseException:
        while True:
            with self._service.wait_turn(self._patience.wait) as turn:
                future = self._devices.submit(encode, given)
                error = future.exception()
                if not isinstance(error, TROUBLE):
                    turn.worked()
                    return _checked(future.result(), len(given)) if error is None else error
                self._telemetry.trouble(Stage.ENCODE, error, turn.failed())

    def _storable(self, item: Encodable, image: Row | Problem | None, caption: Row | Problem | None) -> Storable:
        findings = item.findings
        if isinstance(image, Problem):
            findings = replace(findings, problem=image)
        elif image is not None:
            findings = replace(findings, image_vector=image)
        if isinstance(caption, Problem):
            findings = replace(findings, problem=findings.problem or caption)
        elif caption is not None:
            findings = replace(findings, caption_vector=caption)
        return Storable(item.work, findings)


def _checked(vectors: Vectors, count: int) -> Vectors | BaseException:
    if len(vectors) != count:
        return ValueError(f"the encoder gave {len(vectors)} vectors for {count} inputs")
    if not np.isfinite(vectors).all():
        return ValueError("the encoder gave a vector that holds no finite numbers")
    return vectors
