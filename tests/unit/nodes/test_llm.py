"""Language models over the common interface: each node against a server that plays one."""

import json

import pytest

from casare_robot import run_workflow
from casare_robot.nodes.catalogue import modules
from casare_robot.nodes.llm_account import json_object
from tests.accounts import Case, check, says
from tests.workflow_builder import node, set_, workflow


def vectors(*rows):
    data = [{"index": place, "embedding": row} for place, row in enumerate(rows)]
    return {"data": data[::-1], "usage": {"total_tokens": 2}}


CHAT = "POST /chat/completions"
WHY = {"confidence": 0.9, "reasoning": "because"}

CASES = [
    Case(
        "LLMCompletionNode",
        {"prompt": "Hi", "system_prompt": "Be brief", "temperature": 0.2, "max_tokens": 9},
        [says("Hello")],
        [
            (
                CHAT,
                {
                    "model": "gpt-4o-mini",
                    "messages": [
                        {"role": "system", "content": "Be brief"},
                        {"role": "user", "content": "Hi"},
                    ],
                    "temperature": 0.2,
                    "max_tokens": 9,
                },
            )
        ],
        {"response": "Hello", "tokens_used": 7, "model_used": "m-1"},
    ),
    Case(
        "LLMChatNode",
        {"message": "And now?", "conversation_id": "c"},
        [says("Later")],
        [
            (
                CHAT,
                {
                    "model": "gpt-4o-mini",
                    "messages": [
                        {"role": "user", "content": "Hi"},
                        {"role": "user", "content": "And now?"},
                    ],
                    "temperature": 0.7,
                    "max_tokens": 1000,
                },
            )
        ],
        {"response": "Later", "conversation_id": "c"},
        variables={"conversation_c": [{"role": "user", "content": "Hi"}]},
    ),
    Case(
        "LLMExtractDataNode",
        {"text": "Ada, 36", "schema": '{"age": "number"}'},
        [says({"age": 36})],
        [CHAT],
        {"extracted_data": {"age": 36}, "tokens_used": 7},
    ),
    Case(
        "LLMSummarizeNode",
        {"text": "long text", "style": "bullet_points"},
        [says(" - short ")],
        [CHAT],
        {"summary": "- short", "original_length": 9, "summary_length": 7, "tokens_used": 7},
    ),
    Case(
        "LLMClassifyNode",
        {"text": "t", "categories": "spam, ham, eggs", "multi_label": True},
        [says({"categories": ["Ham", "eggs", "beans"], "confidence": {"ham": 2, "beans": 1}})],
        [CHAT],
        {
            "classification": "ham",
            "classifications": ["ham", "eggs"],
            "confidence": {"ham": 1.0},
        },
    ),
    Case(
        "LLMTranslateNode",
        {"text": "Hallo", "target_language": "English"},
        [says({"language": "German", "translation": "Hello"})],
        [CHAT],
        {"translated_text": "Hello", "detected_language": "German", "tokens_used": 7},
    ),
    Case(
        "AIConditionNode",
        {"condition": "urgent", "context": "now!"},
        [says({"result": False, **WHY})],
        [CHAT],
        {"result": False, **WHY},
        port="exec_false",
    ),
    Case(
        "AISwitchNode",
        {"question": "what?", "options": "Sales order, other", "context": {"a": 1}},
        [says({"selected": "sales order", "scores": {"other": 0.1}, **WHY})],
        [CHAT],
        {"selected_option": "Sales order", "all_scores": {"other": 0.1}, **WHY},
        port="exec_sales_order",
    ),
    Case(
        "AIDecisionTableNode",
        {
            "context": "x",
            "decision_table": '{"rules": [{"action": "a"}, {"action": "b"}]}',
        },
        [says({"matched_rule_index": 1, "matched_action": "c", "all_matches": [1], **WHY})],
        [CHAT],
        {"matched_action": "b", "matched_rule_index": 1, "all_matches": [1], **WHY},
    ),
    Case(
        "EmbeddingNode",
        {"text": "t"},
        [vectors([1.0, 2.0])],
        [("POST /embeddings", {"model": "text-embedding-3-small", "input": ["t"]})],
        {"embedding": [1.0, 2.0], "dimensions": 2, "tokens_used": 2},
    ),
    Case(
        "VectorStoreAddNode",
        {"documents": ["one", {"id": "2", "text": "two"}]},
        [vectors([1, 0], [0, 1])],
        [("POST /embeddings", {"model": "text-embedding-3-small", "input": ["one", "two"]})],
        {"count": 2, "collection_name": "default"},
    ),
    Case(
        "VectorSearchNode",
        {"query": "q"},
        [vectors([1, 0])],
        ["POST /embeddings"],
        {"results": [], "top_result": {}, "result_count": 0},
    ),
    Case(
        "RAGNode",
        {"question": "why?"},
        [vectors([1, 0]), says("so")],
        ["POST /embeddings", CHAT],
        {"answer": "so", "context": "", "sources": [], "tokens_used": 9},
    ),
    Case("VectorStoreDeleteNode", {"document_ids": "a, b"}, outputs={"deleted_count": 0}),
]
MADE = [name for module in ("llm", "llm_decisions", "vector_search") for name in modules()[module]]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_node_asks_the_model_and_gives_what_it_says(case, account_case, service):
    done = account_case(case)

    check(case, done, service)
    assert {request.headers["Authorization"] for request in service.seen} <= {"Bearer the-key"}


def test_every_node_with_a_model_has_a_case():
    assert sorted(case.type for case in CASES) == sorted(MADE)


def prompt_of(service):
    return service.seen[-1].json["messages"][-1]["content"]


@pytest.mark.parametrize(
    ("type", "config"),
    [
        ("LLMExtractDataNode", {"text": "T-T", "schema": "S-S"}),
        ("LLMSummarizeNode", {"text": "T-T", "max_length": 37, "style": "key_points"}),
        ("LLMClassifyNode", {"text": "T-T", "categories": "C-C"}),
        ("LLMTranslateNode", {"text": "T-T", "target_language": "L-L", "source_language": "O-O"}),
        ("AIConditionNode", {"condition": "C-C", "context": "X-X"}),
        ("AISwitchNode", {"question": "Q-Q", "options": "O-O", "context": "X-X"}),
        ("AIDecisionTableNode", {"decision_table": {"rules": ["R-R"]}, "context": "X-X"}),
    ],
)
def test_what_a_node_is_given_reaches_the_model(type, config, account_case, service):
    account_case(Case(type, {**config, "model": "M", "temperature": 1.5}, [says({})]))

    prompt = prompt_of(service)
    wanted = [*map(str, config.values())] if "decision_table" not in config else ["R-R", "X-X"]
    wanted = ["numbered list" if word == "key_points" else word for word in wanted]
    assert [word for word in wanted if word not in prompt] == []
    assert (service.seen[0].json["model"], service.seen[0].json["temperature"]) == ("M", 1.5)


def test_a_conversation_goes_on_in_a_variable(account_case, service):
    done = account_case(Case("LLMChatNode", {"message": "Hi"}, [says("Hello")]))

    kept = done.variables[f"conversation_{done.outputs['conversation_id']}"]
    assert [turn["content"] for turn in kept] == ["Hi", "Hello"]


def test_texts_are_found_by_likeness_and_metadata(account_case, service):
    added = [
        {"id": "n", "content": "north", "metadata": {"kind": "cold"}},
        {"id": "e", "content": "east"},
        {"id": "s", "content": "south", "metadata": {"kind": "warm"}},
    ]
    add = Case("VectorStoreAddNode", {"collection": "c"}, inputs={"documents": added})
    add.inputs["embeddings"] = [[0, 2], [1, 0], [0.1, -1]]
    account_case(add)

    near = account_case(
        Case(
            "VectorSearchNode",
            {"collection": "c", "query": "?"},
            inputs={"query_embedding": [0.1, 1]},
        )
    )
    warm = account_case(
        Case(
            "VectorSearchNode",
            {"collection": "c", "query": "?"},
            inputs={"query_embedding": [0, 1], "filter": {"kind": "warm"}},
        )
    )
    answer = account_case(
        Case(
            "RAGNode",
            {"collection": "c", "question": "Q-Q", "top_k": 1},
            [vectors([1, 0]), says("so")],
            inputs={"prompt_template": "<{context}|{question}>"},
        )
    )
    gone = account_case(Case("VectorStoreDeleteNode", {"collection": "c", "document_ids": "n,x"}))

    assert [one["id"] for one in near.outputs["results"]] == ["n", "e", "s"]
    assert near.outputs["top_result"]["score"] == pytest.approx(0.995, abs=0.001)
    assert [one["id"] for one in warm.outputs["results"]] == ["s"]
    assert prompt_of(service) == "<east|Q-Q>"
    assert [one["id"] for one in answer.outputs["sources"]] == ["e"]
    assert gone.outputs["deleted_count"] == 1


def test_a_text_that_is_added_again_is_there_once(account_case):
    for _ in range(2):
        account_case(Case("VectorStoreAddNode", inputs={"documents": ["t"], "embeddings": [[1]]}))
    found = account_case(Case("VectorSearchNode", {"query": "?"}, inputs={"query_embedding": [1]}))

    assert found.outputs["result_count"] == 1


def test_vectors_of_two_models_do_not_mix(account_case):
    account_case(Case("VectorStoreAddNode", inputs={"documents": ["a"], "embeddings": [[1, 2]]}))
    other = account_case(
        Case("VectorStoreAddNode", inputs={"documents": ["b"], "embeddings": [[1]]})
    )

    assert "one model" in other.error


def test_a_model_that_names_no_option_goes_the_default_way(account_case):
    case = Case("AISwitchNode", {"question": "q", "options": "a,b", "context": 1})
    case.answers = [says({"selected": "z"})]

    assert account_case(case).port == "exec_out"


def test_the_secret_may_say_where_the_model_is(account_case, service):
    case = Case("LLMCompletionNode", {"prompt": "p", "credential_name": "mine", "base_url": ""})
    case.answers = [says("x")]
    secret = json.dumps({"api_key": "k", "base_url": f"{service.url}/v9"})

    assert account_case(case, mine=secret).outputs["response"] == "x"
    assert service.seen[0].line == "POST /v9/chat/completions"
    assert service.seen[0].headers["Authorization"] == "Bearer k"


@pytest.mark.parametrize(
    ("status", "error_type", "again"),
    [
        (400, "ExecutionError", False),
        (401, "AuthenticationError", False),
        (403, "PermissionError", False),
        (404, "NotFoundError", False),
        (500, "ExecutionError", True),
    ],
)
def test_a_refusal_says_which_and_why(status, error_type, again, account_case, service):
    case = Case("LLMCompletionNode", {"prompt": "p"})
    case.answers = [(status, {"error": {"message": "not like that"}})]

    done = account_case(case)

    assert done.error == f"the language model answered HTTP {status}: not like that"
    assert (done.outputs["success"], done.outputs["error_code"]) == (False, status)
    assert len(service.seen) == 1


def test_one_request_too_many_is_sent_again_after_the_pause(account_case, service):
    case = Case("LLMCompletionNode", {"prompt": "p"})
    case.answers = [(429, {}, {"Retry-After": "0"}), (429, {}, {"Retry-After": "0"}), says("x")]

    assert account_case(case).outputs["response"] == "x"
    assert len(service.seen) == 3


def test_a_pause_of_an_hour_is_not_waited_for(account_case, service):
    case = Case("LLMCompletionNode", {"prompt": "p"}, [(429, {}, {"Retry-After": "3600"})])

    assert "a pause of 3600 s" in account_case(case).error
    assert len(service.seen) == 1


def test_a_pause_is_also_understood_as_a_date(account_case, service):
    past = "Sat, 21 Nov 2026 09:29:59 GMT"
    case = Case("LLMCompletionNode", {"prompt": "p"})
    case.answers = [(429, {}, {"Retry-After": past}), says("x")]
    assert account_case(case).outputs["response"] == "x"

    hours = "Sat, 21 Nov 2026 11:30:00 GMT"  # the clock of these tests stands at 9:30
    case.answers = [(429, {}, {"Retry-After": hours})]
    assert "a pause of 7200 s" in account_case(case).error


def test_a_service_that_is_away_is_asked_again_and_told_nothing_twice(account_case, service):
    away = (503, {}, {"Retry-After": "0"})
    read = Case("GmailGetLabelsNode", {}, [away, away, {"labels": []}])
    assert account_case(read).error is None
    assert len(service.seen) == 3

    sent = account_case(Case("LLMCompletionNode", {"prompt": "p"}, [away, says("x")]))
    assert "HTTP 503" in sent.error
    assert len(service.seen) == 4


def test_a_key_that_can_be_none_says_so(account_case, service):
    done = account_case(Case("LLMCompletionNode", {"prompt": "p", "api_key": "schlüssel"}))

    assert done.error == "the key for the language model holds letters that no key has"
    assert service.seen == []


def test_json_is_found_among_words():
    assert json_object('Sure! {not this} but {"a": {"b": 1}} ok?') == {"a": {"b": 1}}


@pytest.mark.parametrize(("said", "went"), [("b c", "bee"), ("a", "other"), ("z", "other")])
def test_a_workflow_goes_on_at_the_option_or_at_the_default(said, went, service):
    service.script([says({"selected": said})])
    switch = node(
        "AISwitch", question="q", options="a,b c", context="x", base_url=service.url, api_key="k"
    )

    done = run_workflow(
        workflow(
            "s > pick.exec_b_c > bee; pick.exec_default > other",
            pick=switch,
            bee=set_("went", "bee"),
            other=set_("went", "other"),
        )
    )

    assert done.status == "completed", done.error
    assert done.variables["went"] == went
