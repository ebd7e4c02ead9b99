"""A consumer in a process of its own, as `damsight consume` runs it, that suffers what its hooks say."""

import os
import signal

from damsight_consumer.bootstrap import build_consumer
from damsight_consumer.settings import load_settings
from damsight_consumer.telemetry import configure_logging
from faults import broken
from faults.hooks import encoders_of, hooks_of_this_process, install

STALLED = 70


def main() -> None:
    hooks = hooks_of_this_process()
    install(hooks)
    if hooks.variant is not None:
        broken.install(hooks.variant)
    settings = load_settings()
    configure_logging(settings.log.level, json=settings.log.json_lines)
    consumer = build_consumer(settings, encoders=encoders_of(hooks), on_stall=lambda _: os._exit(STALLED))
    signal.signal(signal.SIGTERM, lambda *_: consumer.stop())
    consumer.run()


if __name__ == "__main__":
    main()
