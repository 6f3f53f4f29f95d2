"""Texts that are nearly the same."""

from typing import Any

from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_type import DataType, Outcome, Outputs, Port, Property, node


@node(
    "FuzzyStringMatchNode",
    category="data",
    inputs=(
        Port("search_string", DataType.STRING),
        Port("candidates", DataType.LIST),
        Port("threshold", DataType.FLOAT),
    ),
    outputs=(
        Port("matched_string", DataType.STRING),
        Port("match_score", DataType.FLOAT),
        Port("match_index", DataType.INTEGER),
        Port("is_match", DataType.BOOLEAN),
        Port("all_scores", DataType.DICT),
    ),
    properties=(
        Property("search_string", DataType.STRING, ""),
        Property("candidates", DataType.LIST, []),
        Property("threshold", DataType.FLOAT, 0.6),
    ),
    exec_out=("match_found", "no_match", "exec_out"),
    synonyms={"target_list": "candidates"},
    blocking=True,
)
def fuzzy_string_match(*, search_string: Any, candidates: Any, threshold: float) -> Outcome:
    """Find the candidate most like a text; ports ``match_found`` and ``no_match``.

    Without a match ``match_index`` and ``match_score`` still tell the nearest;
    -1 says that nothing was alike at all.
    """
    scores = _similarities(str(search_string), candidates) if search_string else []
    best, index = 0.0, -1
    for position, (_, score) in enumerate(scores):
        if score > best:
            best, index = score, position
    is_match = index >= 0 and best >= threshold
    return Outcome(
        "match_found" if is_match else "no_match",
        {
            "matched_string": scores[index][0] if is_match else "",
            "match_score": best,
            "match_index": index,
            "is_match": is_match,
            "all_scores": dict(scores),
        },
    )


@node(
    "FilterBySimilarityNode",
    category="data",
    inputs=(
        Port("input_list", DataType.LIST),
        Port("filter_string", DataType.STRING),
        Port("threshold", DataType.FLOAT),
    ),
    outputs=(
        Port("filtered_list", DataType.LIST),
        Port("scores", DataType.DICT),
        Port("count", DataType.INTEGER),
    ),
    properties=(
        Property("input_list", DataType.LIST, []),
        Property("filter_string", DataType.STRING, ""),
        Property("threshold", DataType.FLOAT, 0.6),
    ),
    blocking=True,
)
def filter_by_similarity(*, input_list: Any, filter_string: Any, threshold: float) -> Outputs:
    """Keep the items whose text is like another by at least ``threshold``."""
    scores = _similarities(str(filter_string), input_list) if filter_string else []
    kept = [
        item for item, (_, score) in zip(input_list, scores, strict=False) if score >= threshold
    ]
    return {"filtered_list": kept, "scores": dict(scores), "count": len(kept)}


def _similarities(text: str, candidates: Any) -> list[tuple[str, float]]:
    """Each candidate as text with its share of matching characters, 0 (none) to 1 (same)."""
    from difflib import SequenceMatcher

    if not isinstance(candidates, list | tuple):
        raise NodeFailure(f"a list of texts is needed, not {candidates!r:.80}")
    texts = [str(candidate) for candidate in candidates]
    return [(other, SequenceMatcher(None, text, other).ratio()) for other in texts]
