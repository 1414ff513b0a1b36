"""Whether the vectors can fail: wrong copies of the reference, one fault each.

``python -m mutants`` makes them, asks each the vectors, and writes the kill matrix to
``kills.json``: which vector tells which wrong copy from a right one.  A mutant that no
vector kills is a rule that an implementation can break unseen, so each has to be killed
or to stand in ``equivalents.json`` with the reason why no vector can kill it.

``catalogue.json`` holds mutants with a name, each of which breaks one requirement; the
rest are made by two mutation tools.  A requirement that is a MAY has no mutant, since
the text forbids neither answer.  ``python -m mutants --check`` is for every day: it
says whether the matrix is of today's reference and vectors, and runs the named mutants.
"""
