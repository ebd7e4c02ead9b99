"""Cards: frames that fit, reasons in order, addresses that hold any id."""

import pytest

from damsight_schemas.search import Hit, LegScore
from damsight_search.ui.cards import card_of, frame_of, reasons_of
from damsight_search.ui.state import PageState


@pytest.mark.parametrize(
    ("asset", "frame"),
    [
        ({"width": 300, "height": 200}, (300, 200)),
        ({"width": 10_000, "height": 100}, (10_000, 4167)),
        ({"width": 100, "height": 10_000}, (100, 200)),
        ({}, (4, 3)),
        ({"width": 0, "height": 10}, (4, 3)),
        ({"width": "300", "height": None}, (4, 3)),
    ],
)
def test_a_frame_is_known_before_the_picture_comes(asset: dict[str, object], frame: tuple[int, int]) -> None:
    """The picture's own shape, bounded for strips and poles, and 4:3 where nothing is known."""
    assert frame_of(asset) == frame


def test_reasons_start_with_the_one_that_says_most() -> None:
    """Shares are of the sum of the contributions, and add up to one."""
    legs = [
        LegScore(leg="keyword", rank=3, score=4.25, contribution=0.1),
        LegScore(leg="image", rank=1, score=0.71, contribution=0.3),
    ]
    first, second = reasons_of(legs)
    assert (first.name, first.share, first.rank, first.score) == ("What it shows", 0.75, "1st", "0.71")
    assert (second.name, second.share, second.rank) == ("Its words", 0.25, "3rd")


def test_reasons_without_contributions_have_no_share() -> None:
    """Nothing is divided by nothing."""
    (reason,) = reasons_of([LegScore(leg="exact", rank=1, score=1.0, contribution=0.0)])
    assert reason.share == 0.0


def test_any_id_makes_whole_addresses() -> None:
    """Slashes, spaces and quotes of an id neither leave the address nor end it."""
    card = card_of(Hit(asset_id='a/b "c"?&', relevance=1.0), PageState(text="x"))
    assert card.thumbnail == "api/v1/assets/a%2Fb%20%22c%22%3F%26/thumbnail"
    assert card.address == "./?q=x&asset=a%2Fb+%22c%22%3F%26"
    assert card.similar == "./?like=a%2Fb+%22c%22%3F%26"
    assert card.title == 'a/b "c"?&'


def test_an_asset_without_a_title_is_called_by_its_file() -> None:
    """The file name is the next best name; its caption is the picture's text alternative."""
    hit = Hit(asset_id="1", relevance=1.0, asset={"filename": "IMG_1.jpg", "caption": "A red apple"})
    card = card_of(hit, PageState())
    assert (card.title, card.alt, card.kind) == ("IMG_1.jpg", "A red apple", "other")
