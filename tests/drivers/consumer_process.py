"""A consumer in a process of its own, set up by the environment, with encoders that need no model."""

from damsight_consumer.bootstrap import build_consumer
from damsight_consumer.settings import load_settings
from fakes.encoders import fake_encoders

if __name__ == "__main__":
    build_consumer(load_settings(), encoders=fake_encoders()).run()
