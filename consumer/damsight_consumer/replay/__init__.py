"""Sends dead-lettered events again, once what they failed of was mended, and tells how each of them ended."""

from damsight_consumer.replay.endings import Ended, Ending, Waiting
from damsight_consumer.replay.selection import Replayable, Selection, Skipped, select
from damsight_consumer.replay.sending import Sent, send

__all__ = ["Ended", "Ending", "Replayable", "Selection", "Sent", "Skipped", "Waiting", "select", "send"]
