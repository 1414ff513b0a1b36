"""The Sphinx extension: what it registers."""

from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

from musllinux_conformance import (
    findings,
    reports,
    requirements,
    traceability,
    vectors,
)
from musllinux_docs import (
    ci_page,
    conversation,
    download,
    finding_pages,
    kills,
    mutant_pages,
    pages,
    pep,
    readme,
    report_pages,
    requirement_pages,
    survey_page,
    vector_pages,
)

SOURCES = (requirements, vectors, traceability, reports, findings, kills, survey_page)
"""What the pages are drawn from."""


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directives and the events.

    Raises:
        SystemExit: the text, a vector, a report or the survey is broken.
    """
    try:
        for source in SOURCES:
            source.load()
    except (ValueError, OSError) as error:
        # An error of Sphinx would bury the line that says what is wrong.
        raise SystemExit(f"no pages are built: {error}") from error
    app.add_directive("requirement-table", requirement_pages.RequirementTable)
    app.add_directive("requirement-group", requirement_pages.RequirementGroup)
    app.add_directive("vector-families", vector_pages.VectorFamilies)
    app.add_directive("vector-family", vector_pages.VectorFamily)
    app.add_directive("vector-download", download.VectorDownload)
    app.add_directive("report-matrix", report_pages.ReportMatrix)
    app.add_directive("report-queries", report_pages.ReportQueries)
    app.add_directive("report-history", report_pages.ReportHistory)
    app.add_directive("report-unspecified", report_pages.ReportUnspecified)
    app.add_directive("report", report_pages.ReportPage)
    app.add_directive("ci-steps", ci_page.CiSteps)
    app.add_directive("ci-expected", ci_page.CiExpected)
    app.add_directive("finding-counts", finding_pages.FindingCounts)
    app.add_directive("findings", finding_pages.Findings)
    app.add_directive("mutant-counts", mutant_pages.MutantCounts)
    app.add_directive("mutants-excused", mutant_pages.MutantsExcused)
    app.add_directive("mutants-named", mutant_pages.MutantsNamed)
    app.add_directive("mutants-of", mutant_pages.MutantsOf)
    app.add_directive("report-baselines", report_pages.ReportBaselines)
    app.add_directive("survey-tags", survey_page.SurveyTags)
    app.add_directive("survey-causes", survey_page.SurveyCauses)
    app.add_directive("survey-wheels", survey_page.SurveyWheels)
    app.add_directive("survey-loaders", survey_page.SurveyLoaders)
    app.add_directive("survey-by-hand", survey_page.SurveyByHand)
    app.add_directive("conversation", conversation.Conversation)
    app.connect("builder-inited", pages.write)
    app.connect("builder-inited", download.write)
    app.connect("builder-inited", mutant_pages.write)
    app.connect("include-read", pep.read_header)
    app.connect("include-read", readme.read_links)
    app.connect("doctree-read", pep.link_requirements)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
