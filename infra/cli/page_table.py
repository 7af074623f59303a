"""A table of a page that is one file: all of its text is escaped."""

from collections.abc import Iterable, Sequence
from html import escape


def html_table(columns: Sequence[str], rows: Iterable[tuple[str, Sequence[str]]]) -> str:
    """`columns` is the head; a row is its name and its cells."""
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    body = "".join(
        f"<tr><td>{escape(name)}</td>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"
        for name, cells in rows
    )
    return f'<div class="wide"><table><tr>{head}</tr>{body}</table></div>'
