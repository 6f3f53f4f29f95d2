"""Pages of a PDF with text that can be read again."""

from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject


def page_with(writer, lines):
    """Add a page to a writer: lines as (x, y, text)."""
    page = writer.add_blank_page(200, 100)
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Courier"),
        }
    )
    fonts = DictionaryObject({NameObject("/F1"): font})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    content = DecodedStreamObject()
    content.set_data(
        b"".join(
            f"BT /F1 10 Tf 1 0 0 1 {x} {y} Tm ({text}) Tj ET\n".encode() for x, y, text in lines
        )
    )
    page[NameObject("/Contents")] = writer._add_object(content)
