"""What to search for. The words of the first three stand nowhere in the metadata of the library."""

from damsight_cli.demonstration.searches import Example
from damsight_schemas.filters import Filter

LIBRARY = (
    Example("sleuth", "nobody typed this word: the pictures show it"),
    Example("Wellenreiten", "German for surfing, typed nowhere either"),
    Example("apocalypse", "no word of the metadata, and no picture named so"),
    Example("", "more like the red car", like="pictogram-1f697"),
    Example(
        "happy", "looks like that AND this filter", filters=(Filter(field="collections", value="Animals & Nature"),)
    ),
)
FOLDER_WORDS = ("people outdoors", "a red car", "food on a table", "a dog", "text on paper")
