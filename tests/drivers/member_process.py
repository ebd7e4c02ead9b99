"""A member of a group in a process of its own, to be killed: takes records, ends the first ones, and works on for ever.

Arguments: the bootstrap servers, the topic (which also names the group), and how many records to end.
"""

import sys
import time

from damsight_consumer.group import join, look
from damsight_consumer.poison import Prober
from damsight_consumer.records import Record
from damsight_consumer.source import KafkaSource
from damsight_consumer.telemetry import Telemetry, configure_logging
from damsight_schemas.connections import KafkaSettings


def work(bootstrap: str, topic: str, ends: int) -> None:
    configure_logging("error", json=False)
    kafka = KafkaSettings(bootstrap_servers=bootstrap)
    consumer = join(kafka, group_id=topic, instance_id="killed")
    source = KafkaSource(consumer, [topic], prober=Prober(lambda: look(kafka)), telemetry=Telemetry())
    while True:
        for record in source.poll():
            assert isinstance(record, Record)
            if ends:
                source.done(record.receipt)
                source.commit(wait=True)
                ends -= 1
            sys.stdout.write(f"{record.receipt.offset} {int(record.suspect)}\n")
            sys.stdout.flush()
        time.sleep(0.01)


if __name__ == "__main__":
    work(sys.argv[1], sys.argv[2], int(sys.argv[3]))
