"""Which event may run now: one in flight per asset, the newest revision first. Pure."""

from collections import deque
from dataclasses import dataclass, field

from damsight_consumer.records import Work


@dataclass(slots=True)
class _Asset:
    """One asset with something on its way.

    Attributes:
        current: Ready or in flight.
        started: It was handed out.
        riders: Older than the current one, or the same again: done when it is stored.
        waiting: Newer than the current one, or a later try of it, where that one has started; the newest is last.
    """

    current: Work
    started: bool = False
    riders: list[Work] = field(default_factory=list)
    waiting: list[Work] = field(default_factory=list)


class Schedule:
    """Holds back an asset's next event until its current one has ended, and joins what needs not run at all.

    Kafka's own order is not relied on: an asset's events may come from several partitions, topics or owners. Only the
    version counts, and the index refuses an older one anyway; the schedule saves the work and keeps writes of one
    asset from racing each other.
    """

    def __init__(self) -> None:
        self._assets: dict[str, _Asset] = {}
        self._ready: deque[str] = deque()

    def __len__(self) -> int:
        """The number of assets with something on its way."""
        return len(self._assets)

    def offer(self, work: Work) -> None:
        """Take an event in."""
        asset = self._assets.get(work.asset_id)
        if asset is None:
            self._assets[work.asset_id] = _Asset(work)
            self._ready.append(work.asset_id)
        elif _age(work) <= _age(asset.current):
            asset.riders.append(work)
        elif asset.started:
            asset.waiting.append(work)
            asset.waiting.sort(key=_age)
        else:
            asset.riders.append(asset.current)
            asset.current = work

    def take_ready(self) -> list[Work]:
        """Hand out all that may run now, in the order of arrival."""
        taken = []
        while self._ready:
            asset = self._assets[self._ready.popleft()]
            asset.started = True
            taken.append(asset.current)
        return taken

    def finish(self, work: Work, *, stored: bool) -> list[Work]:
        """End an event that was handed out, and let the asset's next one run.

        Args:
            work: As it was handed out.
            stored: The index now holds this revision or a newer one.

        Returns:
            The older events that its being stored made needless. Where it was not stored there are none, and the
            newest of them runs next.
        """
        asset = self._assets.pop(work.asset_id)
        left, done = (asset.waiting, asset.riders) if stored else (asset.riders + asset.waiting, [])
        for other in left:
            self.offer(other)
        return done

    def drop(self, work: Work) -> None:
        """Forget an asset and all that waits behind this event; nothing of it counts as done."""
        del self._assets[work.asset_id]


def _age(work: Work) -> tuple[int, int]:
    # A later try may be the current one's own: what a retry topic took comes back before its acknowledgement where that
    # is late. To end the one with the other would end the tries.
    return work.version, work.attempt
