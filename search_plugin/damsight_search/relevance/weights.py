"""How much each leg says, by the kind of a query. Pure.

The defaults were chosen on the sample library's judged queries, not blindly
(docs/decisions/0010-calibration.md): since scores are calibrated, legs that are alike in worth weigh about alike.
`damsight eval --tune` fits them to judged queries of one's own and writes them as settings.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Literal

from damsight_schemas.search import Leg, SearchRequest
from damsight_search.plan import Plan

Kind = Literal["text", "picture", "both"]
Weights = Mapping[Kind, Mapping[Leg, float]]

_TEXT: Mapping[Leg, float] = {"keyword": 1.0, "image": 1.0, "caption": 1.0, "frame": 1.0, "audio": 1.0}
_PICTURE: Mapping[Leg, float] = {"image": 1.0, "look": 1.0, "frame": 0.7, "caption": 0.7, "audio": 0.7, "fused": 0.7}
DEFAULTS: Weights = MappingProxyType(
    {"text": _TEXT, "picture": _PICTURE, "both": {**_PICTURE, "keyword": 0.5, "caption": 0.7}}
)


def kind_of(request: SearchRequest, *, has_text: bool, has_picture: bool) -> Kind:
    """Return what kind of query it is: by words, by pictures (uploaded or of assets), or by both."""
    if not (has_picture or request.like or request.unlike):
        return "text"
    return "both" if has_text else "picture"


def with_weights(plan: Plan, request: SearchRequest, kind: Kind, settings: Weights) -> Plan:
    """Return the plan with its legs weighed: as the request says, else as the settings, else by the defaults."""
    table = {**DEFAULTS[kind], **settings.get(kind, {})}
    weights: dict[Leg, float] = {
        leg: request.weights.get(leg, table.get(leg, weight)) for leg, weight in plan.weights.items()
    }
    return replace(plan, weights={leg: weight for leg, weight in weights.items() if weight > 0})
