"""The built-in prompt templates, as data. Ids and variables are those of the designer."""

from collections.abc import Mapping

import msgspec


class Variable(msgspec.Struct, frozen=True):
    """A text to fill in; required unless it has a default."""

    name: str
    description: str
    default: str | None = None
    examples: tuple[str, ...] = ()


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """A prompt with ``{variable}`` where its variables go; literal braces are doubled."""

    id: str
    name: str
    category: str
    description: str
    system_prompt: str
    prompt: str
    variables: tuple[Variable, ...]
    output_format: str
    tags: tuple[str, ...]


_ONLY_JSON = "Answer with the JSON object alone."

_ALL = (
    Template(
        id="extract_entities",
        name="Extract Named Entities",
        category="extraction",
        description="Find the people, organizations, places and dates that a text names",
        system_prompt=(
            "You find named entities. List only what the text itself says, spelled as it is there."
        ),
        prompt=(
            "List the named entities of the text below as a JSON object with the lists "
            "persons, organizations, locations, dates and other. Leave a list empty if "
            f"nothing belongs in it. {_ONLY_JSON}\n\nText:\n{{text}}"
        ),
        variables=(
            Variable(
                "text", "Text to search", None, ("Ada Lovelace met Charles Babbage in 1833.",)
            ),
        ),
        output_format="json",
        tags=("ner", "extraction", "entities"),
    ),
    Template(
        id="classify_document",
        name="Classify Document",
        category="classification",
        description="Choose the category that fits a document best",
        system_prompt="You sort documents into given categories and say how sure you are.",
        prompt=(
            "Which one of these categories fits the document below best?\n"
            "Categories: {categories}\n\n"
            "Answer as a JSON object with category, confidence (a number from 0 to 1) and "
            f"reasoning (one sentence). {_ONLY_JSON}\n\nDocument:\n{{document}}"
        ),
        variables=(
            Variable("document", "Text of the document"),
            Variable(
                "categories", "Categories, separated by commas", None, ("invoice, contract, memo",)
            ),
        ),
        output_format="json",
        tags=("classification", "document"),
    ),
    Template(
        id="summarize_meeting",
        name="Summarize Meeting Notes",
        category="summarization",
        description="Sum up a meeting with its decisions and tasks",
        system_prompt="You write short minutes that say what was decided and who does what next.",
        prompt=(
            "Sum up the meeting notes below under four headings: Key Points, Decisions, "
            "Action Items (with who and until when, if the notes say so) and Follow-ups.\n"
            "{additional_instructions}\n\nNotes:\n{notes}"
        ),
        variables=(
            Variable("notes", "Notes or transcript of the meeting"),
            Variable("additional_instructions", "What else to mind", ""),
        ),
        output_format="text",
        tags=("meeting", "summary", "business"),
    ),
    Template(
        id="translate_formal",
        name="Formal Translation",
        category="translation",
        description="Translate a text in the tone of business letters",
        system_prompt=(
            "You translate exactly and formally, and keep the layout of the text as it is."
        ),
        prompt=(
            "Translate the text below into {target_language}. Its language: {source_language}. "
            "Keep a formal tone. Answer as a JSON object with translated_text and notes "
            f"(remarks on the translation, may be empty). {_ONLY_JSON}\n\nText:\n{{text}}"
        ),
        variables=(
            Variable("text", "Text to translate"),
            Variable("source_language", "Language of the text", "auto-detect"),
            Variable("target_language", "Language to translate into", None, ("English", "German")),
        ),
        output_format="json",
        tags=("translation", "formal", "business"),
    ),
    Template(
        id="generate_email",
        name="Generate Professional Email",
        category="generation",
        description="Write a business email from a few key points",
        system_prompt="You write business emails that are clear, short and polite.",
        prompt=(
            "Write an email with a subject line, greeting, body, closing and a place for the "
            "signature.\n\nPurpose: {purpose}\nRecipient: {recipient}\nTone: {tone}\n"
            "Key points: {key_points}\n{additional_context}"
        ),
        variables=(
            Variable("purpose", "What the email is for", None, ("Ask for a meeting",)),
            Variable("recipient", "Who it is for", None, ("client", "supplier")),
            Variable("key_points", "What it must say"),
            Variable("tone", "How it should sound", "professional", ("formal", "friendly")),
            Variable("additional_context", "What else the writer should know", ""),
        ),
        output_format="text",
        tags=("email", "generation", "business"),
    ),
    Template(
        id="analyze_sentiment",
        name="Analyze Sentiment",
        category="analysis",
        description="Tell the mood and tone of a text",
        system_prompt="You judge the mood of texts by what they say, not by what you think of it.",
        prompt=(
            "Judge the mood of the text below. Answer as a JSON object with overall_sentiment "
            "(positive, negative, neutral or mixed), confidence (a number from 0 to 1), "
            "emotions (a list), key_phrases (a list of the words that show it) and tone. "
            f"{_ONLY_JSON}\n\nText:\n{{text}}"
        ),
        variables=(Variable("text", "Text to judge"),),
        output_format="json",
        tags=("sentiment", "analysis", "emotions"),
    ),
    Template(
        id="extract_invoice",
        name="Extract Invoice Data",
        category="extraction",
        description="Read the fields of an invoice from its text",
        system_prompt="You read invoices of any layout. What an invoice does not say is null.",
        prompt=(
            "Read the invoice below into a JSON object with invoice_number, invoice_date, "
            "due_date (dates as YYYY-MM-DD), vendor and buyer (each with name, address and "
            "tax_id), line_items (each with description, quantity, unit_price and total), "
            "subtotal, tax_amount, total_amount, currency (its three-letter code), "
            f"payment_terms and notes. {_ONLY_JSON}\n\nInvoice:\n{{invoice_text}}"
        ),
        variables=(Variable("invoice_text", "Text of the invoice, as typed or recognized"),),
        output_format="json",
        tags=("invoice", "extraction", "finance", "document"),
    ),
    Template(
        id="convert_data_format",
        name="Convert Data Format",
        category="conversion",
        description="Write data in another format",
        system_prompt="You convert data between formats and lose nothing on the way.",
        prompt=(
            "Convert the data below from {source_format} to {target_format}. Answer with the "
            "converted data alone.\n{conversion_rules}\n\nData:\n{data}"
        ),
        variables=(
            Variable("data", "Data to convert"),
            Variable("source_format", "Format it has", None, ("CSV", "XML", "plain text")),
            Variable("target_format", "Format it should get", None, ("JSON", "markdown table")),
            Variable("conversion_rules", "Rules to follow on the way", ""),
        ),
        output_format="text",
        tags=("conversion", "data", "format"),
    ),
)

TEMPLATES: Mapping[str, Template] = {template.id: template for template in _ALL}
