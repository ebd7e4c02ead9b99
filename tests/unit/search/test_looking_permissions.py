"""However somebody looks, by pictures, likes, sounds or frames: what they may not see changes nothing in the answer."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from contract.looking_contract import looking_at, plain
from damsight_schemas.search import SearchRequest
from fakes.media_library import MEDIA_SPACES, media_library
from fakes.shelf import MemoryShelf

WHO = ("public", "user:anna")
LIBRARY = media_library()
NAMES = sorted(LIBRARY)
LIKED = ("still-blue", "sound-low")
UNLIKED = "still-red"
ALWAYS = {*LIKED, UNLIKED}

requests = st.builds(
    SearchRequest,
    text=st.sampled_from(["", "red", "low", "film", "purple"]),
    like=st.lists(st.sampled_from(LIKED), max_size=2, unique=True),
    unlike=st.sampled_from([[], [UNLIKED]]),
    must_not_look_like=st.sampled_from(["", "green"]),
    similarity=st.sampled_from(["index", "manhattan"]),
    facets=st.just(["kind"]),
    explain=st.just(True),
    size=st.sampled_from([3, 200]),
)


def answers(shown: dict[str, dict[str, Any]], request: SearchRequest, pictures: list[bytes]) -> list[dict[str, Any]]:
    """Return every page, without its time and its cursor, which is another each time."""
    service = looking_at(MemoryShelf.holding(MEDIA_SPACES, shown).index)
    response = service.search(request, WHO, pictures)
    pages = [response.model_dump(exclude={"took_ms", "cursor"})]
    while response.cursor is not None:
        response = service.search(request.model_copy(update={"cursor": response.cursor}), WHO)
        pages.append(response.model_dump(exclude={"took_ms", "cursor"}))
    return pages


@settings(max_examples=25, deadline=None)
@given(
    request=requests,
    hidden=st.sets(st.sampled_from(sorted(set(NAMES) - ALWAYS)), min_size=1, max_size=8),
    pictures=st.lists(st.sampled_from(["pink", "blue"]), max_size=2),
)
def test_a_hidden_asset_changes_nothing(request: SearchRequest, hidden: set[str], pictures: list[str]) -> None:
    """The answer is, to the last score, that of a library in which the hidden assets never were."""
    seen = {name: {**told, "acl": ["public"]} for name, told in LIBRARY.items() if name not in hidden}
    whole = {**seen, **{name: {**LIBRARY[name], "acl": ["user:somebody"]} for name in hidden}}
    uploads = [plain(colour) for colour in pictures]
    assert answers(whole, request, uploads) == answers(seen, request, uploads)
