"""How far groups have committed, read from the broker."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from kafka import TopicPartition
from kafka.admin import KafkaAdminClient, OffsetSpec
from kafka.errors import KafkaError


class Offsets:
    """One connection, for as long as a world lasts.

    Args:
        kafka: The client's options.
    """

    def __init__(self, kafka: Mapping[str, Any]) -> None:
        self._kafka = kafka
        self._admin: KafkaAdminClient | None = None

    def lag(self, groups: Mapping[str, Sequence[str]]) -> int | None:
        """Return how many records of the groups' topics are not committed; none while Kafka does not tell."""
        try:
            return self._lag(groups)
        except KafkaError:
            self.close()
            return None

    def committed(self, group: str) -> int:
        """Return how many records lie before a group's commits."""
        return sum(one.offset for one in self.admin.list_group_offsets([group])[group].values())

    def records(self, topics: Sequence[str]) -> int:
        """Return how many records topics hold."""
        places = self.places(topics)
        begins = self.admin.list_partition_offsets(dict.fromkeys(places, OffsetSpec.EARLIEST))
        ends = self.admin.list_partition_offsets(dict.fromkeys(places, OffsetSpec.LATEST))
        return sum(ends[place].offset - begins[place].offset for place in places)

    def members(self, group: str) -> dict[str, list[Any]] | None:
        """Return each member's id and what it has; none while the group is not stable."""
        found = self.admin.describe_groups([group])[group]
        if found["group_state"] != "Stable":
            return None
        return {one["member_id"]: one["member_assignment"]["assigned_partitions"] for one in found["members"]}

    def told_of(self, group: str) -> str:
        """Return the state of a group and its members, to be read by people."""
        return str(self.admin.describe_groups([group])[group])

    @property
    def admin(self) -> KafkaAdminClient:
        if self._admin is None:
            self._admin = KafkaAdminClient(**self._kafka, request_timeout_ms=10_000)
        return self._admin

    def close(self) -> None:
        admin, self._admin = self._admin, None
        if admin is not None:
            with suppress(KafkaError):
                admin.close()

    def places(self, topics: Sequence[str]) -> list[TopicPartition]:
        """Return the partitions that the topics have now."""
        told = self.admin.describe_topics(list(topics))
        return [TopicPartition(topic["name"], one["partition_index"]) for topic in told for one in topic["partitions"]]

    def _lag(self, groups: Mapping[str, Sequence[str]]) -> int:
        places = self.places([topic for topics in groups.values() for topic in topics])
        committed: dict[TopicPartition, int] = {}
        # The commits first: what comes between the two questions then counts as lag.
        for offsets in self.admin.list_group_offsets(list(groups)).values():
            committed |= {place: one.offset for place, one in offsets.items()}
        begins = self.admin.list_partition_offsets(dict.fromkeys(places, OffsetSpec.EARLIEST))
        ends = self.admin.list_partition_offsets(dict.fromkeys(places, OffsetSpec.LATEST))
        return sum(ends[place].offset - max(committed.get(place, 0), begins[place].offset) for place in places)
