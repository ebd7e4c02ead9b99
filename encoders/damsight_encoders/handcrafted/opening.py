"""The handcrafted encoder of a name."""

from damsight_encoders.errors import ModelError
from damsight_encoders.handcrafted.colour import open_colour
from damsight_encoders.handcrafted.described import DescribedEncoder
from damsight_encoders.handcrafted.edges import open_edges
from damsight_encoders.handcrafted.vocabulary import read_vocabulary
from damsight_encoders.handcrafted.words import open_words


def open_handcrafted(name: str, *, subject: str) -> DescribedEncoder:
    """Open ``colour``, ``edges`` or ``words:FILE``.

    Args:
        name: One of these.
        subject: What the settings say, for messages.

    Raises:
        ModelError: It is another name, or the vocabulary's file is missing, cut off or something else.
    """
    kind, _, file = name.partition(":")
    if name == "colour":
        return open_colour()
    if name == "edges":
        return open_edges()
    if kind == "words":
        return open_words(read_vocabulary(file, subject=subject))
    raise ModelError(f"{subject}: there is no such handcrafted encoder; name colour, edges or words:FILE")
