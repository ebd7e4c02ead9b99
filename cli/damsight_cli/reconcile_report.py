"""What `damsight reconcile` tells: counts first, then the assets, then what to do. Pure."""

from typing import TYPE_CHECKING, Any

from damsight_consumer.reconcile.findings import Finding, Remedy, Verdict

if TYPE_CHECKING:
    from damsight_cli.reconcile_repair import Repaired
    from damsight_consumer.reconcile.comparison import Report
    from damsight_consumer.reconcile.run import Options

_TOLD = {
    Verdict.ACL_DIFFERS: ("rights differ", "show other rights than the DAM's, at the same revision"),
    Verdict.MISSING: ("missing", "are missing in the index"),
    Verdict.STALE: ("stale", "are indexed at an older revision"),
    Verdict.NEVER: ("never to be", "will never be there: their newest event was dead-lettered"),
    Verdict.INCOMPLETE: ("incomplete", "are stored without their picture's vector"),
    Verdict.ORPHANED: ("orphaned", "are in the index and not in the list"),
    Verdict.NEWER: ("newer", "are newer in the index than in the list"),
    Verdict.AGREES: ("agree", "agree"),
}
_NEW_REVISION = (
    "need a greater revision from the DAM: the index holds this revision already and takes no other event of it. Save "
    "them anew in the DAM, so that it publishes them again."
)


def report_lines(report: "Report", options: "Options", *, catalogue: str) -> list[str]:
    """Return what was found, and what to do.

    Args:
        report: It.
        options: What is repaired needs no advice.
        catalogue: The list, as it was named on the command line.
    """
    counts = [f"{report.listed:,} assets in the list, {report.living:,} in the index"]
    counts += [
        f"{report.counts[verdict]:>11,}  {words}" for verdict, (_, words) in _TOLD.items() if report.counts[verdict]
    ]
    if report.bad_count:
        counts.append(f"{report.bad_count:>11,}  entries of the list could not be taken")
    return counts + _bad_lines(report) + _rows(report) + _advice(report, options, catalogue)


def repair_lines(repaired: "Repaired") -> list[str]:
    """Return what was sent, and how it ended."""
    lines = [f"{repaired.sent:,} repairs sent to {repaired.topic}"]
    lines += [f"not taken by Kafka: {refused}" for refused in repaired.refused]
    if repaired.endings is None:
        return lines
    words = {
        "mended": "are in the index now",
        "incomplete": "are stored without their picture's vector",
        "dead_lettered": "were dead-lettered; `damsight dead-letters list` tells why",
        "waiting": "had not come when the waiting ended; `damsight why ASSET` tells where each is",
    }
    return lines + [f"{count:>11,}  {words[ending]}" for ending, count in repaired.endings.items() if count]


def as_data(report: "Report", repaired: "Repaired | None") -> dict[str, Any]:
    """Return all of it as JSON takes it."""
    findings = [_as_row(finding) for verdict in _TOLD for finding in report.findings.get(verdict, [])]
    mended = repaired.mended if repaired else 0
    return {
        "agree": report.bad_count == 0 and report.trouble == mended,
        "listed": report.listed,
        "indexed": report.living,
        "counts": {verdict.value: report.counts[verdict] for verdict in _TOLD},
        "remedies": {remedy.value: report.remedies[remedy] for remedy in Remedy if remedy is not Remedy.NOTHING},
        "bad_entries": report.bad_count,
        "bad": [{"line": one.place, "problem": one.problem} for one in report.bad],
        "findings": findings,
        "repairs": _repairs_as_data(repaired) if repaired else None,
    }


def _repairs_as_data(repaired: "Repaired") -> dict[str, Any]:
    endings = None if repaired.endings is None else {end.value: count for end, count in repaired.endings.items()}
    return {"topic": repaired.topic, "sent": repaired.sent, "refused": repaired.refused, "endings": endings}


def _as_row(finding: Finding) -> dict[str, Any]:
    return {
        "asset_id": finding.asset_id,
        "verdict": finding.verdict.value,
        "remedy": finding.remedy.value,
        "listed": finding.listed,
        "indexed": finding.indexed,
        "why": finding.why,
    }


def _bad_lines(report: "Report") -> list[str]:
    lines = [f"entry {one.place:,} of the list: {one.problem}" for one in report.bad]
    return lines + _more(report.bad_count - len(report.bad), "entry of the list")


def _rows(report: "Report") -> list[str]:
    lines: list[str] = []
    for verdict, (name, _) in _TOLD.items():
        shown = report.findings.get(verdict, [])
        if verdict is not Verdict.AGREES and shown:
            lines += [f"{name}: {_row(finding)}" for finding in shown]
            lines += _more(report.counts[verdict] - len(shown), name)
    return lines


def _row(finding: Finding) -> str:
    if finding.listed is None:
        place = f"indexed at {finding.indexed}"
    elif finding.indexed is None:
        place = f"listed at {finding.listed}"
    elif finding.indexed == finding.listed:
        place = f"revision {finding.listed}"
    else:
        place = f"listed at {finding.listed}, indexed at {finding.indexed}"
    return f"{finding.asset_id} ({place})" + (f": {finding.why}" if finding.why else "")


def _more(count: int, name: str) -> list[str]:
    return [f"{name}: {count:,} more; --limit 0 shows all"] if count else []


def _advice(report: "Report", options: "Options", catalogue: str) -> list[str]:
    told = {
        Remedy.EVENT: None if options.repair else f"can be mended: `damsight reconcile {catalogue} --repair`",
        Remedy.DAM_EVENT: "need an event from the DAM: the list does not tell the whole asset (media, metadata, acl)",
        Remedy.NEW_REVISION: _NEW_REVISION,
        Remedy.REPLAY: "were dead-lettered: mend the reason, then `damsight dead-letters replay`",
        Remedy.DELETE: None
        if options.delete_orphans
        else f"can be deleted: `damsight reconcile {catalogue} --repair --delete-orphans`",
    }
    return [
        f"to do: {report.remedies[remedy]:,} {words}"
        for remedy, words in told.items()
        if words and report.remedies[remedy]
    ]
