"""Embeddings, and answers from texts that are found by likeness."""

import asyncio
from collections.abc import Mapping
from hashlib import blake2s
from typing import TYPE_CHECKING, Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.account_node import SUCCESS, account_node
from casare_robot.nodes.llm_account import (
    CREDENTIAL_PORTS,
    LLM,
    MODEL_PORTS,
    TOKENS,
    as_text,
    ask,
    embed,
    listed,
    model,
    tabled,
    temperature,
)
from casare_robot.nodes.paths import readable, told_plainly, writable
from casare_robot.nodes.vector_file import Document, add, delete, search

if TYPE_CHECKING:
    from casare_robot.nodes.account_api import AccountApi

_EMBEDDING_MODEL = "text-embedding-3-small"
_COLLECTION = Port("collection", DataType.STRING)
_WHERE = (
    Property("collection", DataType.STRING, "default"),
    Property("store_path", DataType.FILE_PATH, "vectors.sqlite"),
)
"""A collection, and the file it is in, relative to the workflow's folder."""
_EMBEDDER = Property("embedding_model", DataType.STRING, _EMBEDDING_MODEL)
_TEMPLATE = (
    "Answer the question from the context alone. If the context does not hold the answer, say"
    " so.\n\nContext:\n{context}\n\nQuestion: {question}"
)


@account_node(
    LLM,
    "EmbeddingNode",
    inputs=(
        Port("text", DataType.STRING, required=True),
        Port("model", DataType.STRING),
        CREDENTIAL_PORTS[1],
    ),
    outputs=(Port("embedding", DataType.LIST), Port("dimensions", DataType.INTEGER), TOKENS),
    properties=(Property("text", DataType.TEXT, ""), model(_EMBEDDING_MODEL)),
)
async def embedding(api: "AccountApi", *, text: str, model: str) -> Outputs:
    """The vector of a text."""
    vectors, tokens = await embed(api, [text], model)
    return {"embedding": vectors[0], "dimensions": len(vectors[0]), "tokens_used": tokens}


@account_node(
    LLM,
    "VectorStoreAddNode",
    effect=Effect.IDEMPOTENT,
    inputs=(
        Port("documents", DataType.LIST, required=True),
        _COLLECTION,
        Port("embeddings", DataType.LIST),
    ),
    outputs=(Port("count", DataType.INTEGER), Port("collection_name", DataType.STRING)),
    properties=(Property("documents", DataType.LIST, required=True), *_WHERE, _EMBEDDER),
)
async def vector_store_add(
    api: "AccountApi",
    ctx: NodeContext,
    *,
    documents: Any,
    collection: str,
    embeddings: Any,
    store_path: str,
    embedding_model: str,
) -> Outputs:
    """Keep texts, or dicts with ``content`` and maybe ``id`` and ``metadata``.

    A text without an id is known by its content: added again it is there once. With
    ``embeddings``, one for each, no model is asked.
    """
    texts = [documents] if isinstance(documents, str | Mapping) else documents
    kept = [_document(one) for one in listed(texts, "documents")]
    if embeddings:
        vectors = list(embeddings)
        if len(vectors) != len(kept):
            raise NodeFailure(f"{len(vectors)} embeddings came with {len(kept)} documents")
    else:
        vectors, _ = await embed(api, [one.content for one in kept], embedding_model)
    with told_plainly():
        path = writable(ctx, store_path)
        await asyncio.to_thread(add, path, collection, kept, vectors)
    return {"count": len(kept), "collection_name": collection}


def _document(given: Any) -> Document:
    about: Mapping[str, Any] = given if isinstance(given, Mapping) else {"content": given}
    content = as_text(about.get("content", about.get("text", about)))
    name = about.get("id")
    metadata = about.get("metadata")
    return Document(
        blake2s(content.encode(), digest_size=16).hexdigest() if name in (None, "") else str(name),
        content,
        metadata if isinstance(metadata, Mapping) else {},
    )


@account_node(
    LLM,
    "VectorSearchNode",
    inputs=(
        Port("query", DataType.STRING, required=True),
        _COLLECTION,
        Port("top_k", DataType.INTEGER),
        Port("filter", DataType.DICT),
        Port("query_embedding", DataType.LIST),
    ),
    outputs=(
        Port("results", DataType.LIST),
        Port("top_result", DataType.DICT),
        Port("result_count", DataType.INTEGER),
    ),
    properties=(
        Property("query", DataType.TEXT, ""),
        *_WHERE,
        Property("top_k", DataType.INTEGER, 5, low=1, high=100),
        _EMBEDDER,
    ),
)
async def vector_search(
    api: "AccountApi",
    ctx: NodeContext,
    *,
    query: str,
    collection: str,
    top_k: int,
    filter: Any,
    query_embedding: Any,
    store_path: str,
    embedding_model: str,
) -> Outputs:
    """The texts most like a query; ``filter`` is metadata that they must have."""
    vector = query_embedding or (await embed(api, [query], embedding_model))[0][0]
    wanted = tabled(filter, "filter") if filter else None
    path = readable(ctx, store_path)
    results = await asyncio.to_thread(search, path, collection, vector, most=top_k, wanted=wanted)
    return {
        "results": results,
        "top_result": results[0] if results else {},
        "result_count": len(results),
    }


@account_node(
    LLM,
    "RAGNode",
    inputs=(
        Port("question", DataType.STRING, required=True),
        _COLLECTION,
        Port("top_k", DataType.INTEGER),
        Port("prompt_template", DataType.STRING),
        *MODEL_PORTS,
    ),
    outputs=(
        Port("answer", DataType.STRING),
        Port("context", DataType.STRING),
        Port("sources", DataType.LIST),
        TOKENS,
    ),
    properties=(
        Property("question", DataType.TEXT, ""),
        *_WHERE,
        Property("top_k", DataType.INTEGER, 3, low=1, high=20),
        model(),
        temperature(0.7),
        Property("max_tokens", DataType.INTEGER, 1000, low=1),
        _EMBEDDER,
    ),
)
async def answer_from_texts(
    api: "AccountApi",
    ctx: NodeContext,
    *,
    question: str,
    collection: str,
    top_k: int,
    prompt_template: str | None,
    model: str,
    temperature: float,
    max_tokens: int,
    system_prompt: str | None,
    store_path: str,
    embedding_model: str,
) -> Outputs:
    """Find the texts most like a question and let the model answer from them.

    A template has ``{context}`` and ``{question}``.
    """
    vectors, tokens = await embed(api, [question], embedding_model)
    path = readable(ctx, store_path)
    sources = await asyncio.to_thread(search, path, collection, vectors[0], most=top_k)
    context = "\n\n".join(source["content"] for source in sources)
    template = prompt_template or _TEMPLATE
    prompt = context.join(
        part.replace("{question}", question) for part in template.split("{context}")
    )
    said = await ask(
        api,
        prompt,
        model=model,
        temperature=temperature,
        max_tokens=max_tokens,
        system=system_prompt or "",
    )
    return {
        "answer": said.text,
        "context": context,
        "sources": sources,
        "tokens_used": tokens + said.tokens,
    }


@node(
    "VectorStoreDeleteNode",
    category="llm",
    effect=Effect.IDEMPOTENT,
    blocking=True,
    inputs=(Port("document_ids", DataType.LIST, required=True), _COLLECTION),
    outputs=(Port("deleted_count", DataType.INTEGER), *SUCCESS),
    properties=(Property("document_ids", DataType.LIST, required=True), *_WHERE),
)
def vector_store_delete(
    ctx: NodeContext, *, document_ids: Any, collection: str, store_path: str
) -> Outputs:
    """Forget texts by their ids."""
    ids = [str(one) for one in listed(document_ids, "document_ids")]
    with told_plainly():
        deleted = delete(writable(ctx, store_path), collection, ids)
    return {"deleted_count": deleted, "success": True, "error": ""}
