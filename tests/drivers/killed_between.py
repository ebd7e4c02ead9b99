"""A consumer in a process of its own that is killed between telling an alert and keeping it."""

import os
import signal

from damsight_consumer.alert_records import KeptAlerts
from damsight_consumer.bootstrap import build_consumer
from damsight_consumer.settings import load_settings
from fakes.encoders import fake_encoders


def end(*_: object) -> None:
    """End as a crash does: nothing is flushed, committed or closed."""
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    KeptAlerts.keep = end  # type: ignore[method-assign]  the one place where the order shows
    build_consumer(load_settings(), encoders=fake_encoders()).run()
