"""What kafka-python 3.0.12 knows of itself and tells nobody; see what tests/integration/test_group_fencing.py holds."""

from kafka import KafkaConsumer


def io_thread_lives(consumer: KafkaConsumer) -> bool:
    """Tell whether the client's own thread runs, without which a call may wait for ever."""
    # No public call tells it: while the thread is dead, whatever killed it comes out of any call, or nothing ever does.
    thread = consumer._net._io_thread  # noqa: SLF001
    return thread is not None and thread.is_alive()


def mend_joins(consumer: KafkaConsumer) -> None:
    """Let a join that ended between two polls count; call it before the consumer subscribes.

    kafka-python joins in its own thread, and where the answer comes while nobody polls, the next poll throws it away
    and joins again: the whole group rebalances once more, and again, for as long as chance will have it.
    """
    coordinator = consumer._coordinator  # noqa: SLF001  no public call reaches it
    join = coordinator._do_join_and_sync_async  # noqa: SLF001  as above
    ended: list[tuple[object, object]] = []

    async def join_once() -> object:
        if ended:
            generation, assignment = ended.pop()
            # Taken up it would be stable by now; and what is of another generation is nobody's any more.
            if coordinator.rebalance_in_progress() and coordinator._generation is generation:  # noqa: SLF001  as above
                return assignment
        assignment = await join()
        ended[:] = [(coordinator._generation, assignment)]  # noqa: SLF001  as above
        return assignment

    coordinator._do_join_and_sync_async = join_once  # noqa: SLF001  as above


def finish_join(consumer: KafkaConsumer) -> None:
    """See to it that a join which is under way is brought to its end.

    A leader joins again where the metadata changed. Where they change once more meanwhile, so that they are again what
    the group was assigned by, kafka-python forgets that it is joining: the member reads on, its heartbeats are off, and
    every commit fails, for ever.
    """
    coordinator = consumer._coordinator  # noqa: SLF001  no public call tells it
    if coordinator.rejoining:
        coordinator.request_rejoin()


def was_fenced(consumer: KafkaConsumer) -> bool:
    """Tell whether another member took our place: the client then only stops its heartbeats, and polls on."""
    coordinator = consumer._coordinator  # noqa: SLF001
    # While it joins again they are off too; of a member that has joined, nothing else ever switches them off.
    joined = coordinator.stable() and not coordinator.rejoining
    return joined and not coordinator._heartbeat_enabled  # noqa: SLF001
