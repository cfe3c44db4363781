"""What is written as Markdown is read again as it was: structure, text, numbers, states, links."""

import pytest
from hypothesis import HealthCheck, given, settings
from made_up_bodies import SURROUNDINGS, TABLES, bodies, expected, lines_of, tables
from markdown_reading import events

from rootcellar_notes.blocks import OBJECT, Attachment, Body, Paragraph, Run, Table
from rootcellar_notes.markdown import Flavour, render

both = pytest.mark.parametrize("flavour", Flavour)
thorough = settings(
    max_examples=1000,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@both
@thorough
@given(body=bodies)
def test_a_note_is_read_as_it_was_written(flavour: Flavour, body: Body) -> None:
    obsidian = flavour is Flavour.OBSIDIAN
    page = render(body, flavour, SURROUNDINGS)
    assert events(page, obsidian=obsidian) == expected(body.paragraphs, obsidian=obsidian), page


@both
@settings(thorough, max_examples=300)
@given(table=tables)
def test_the_cells_of_a_table_are_read_as_they_were_written(
    flavour: Flavour, table: Table
) -> None:
    obsidian = flavour is Flavour.OBSIDIAN
    TABLES["table"] = table
    body = Body((Paragraph((Run(OBJECT, attachment=Attachment("table")),)),))
    page = render(body, flavour, SURROUNDINGS)
    wanted = [
        [
            tuple(line for one in cell for line in lines_of(one, obsidian=obsidian))
            for cell in (row[::-1] if table.right_to_left else row)
        ]
        for row in table.rows
    ]
    assert events(page, obsidian=obsidian) == [("table", tuple(tuple(row) for row in wanted))], (
        page
    )
