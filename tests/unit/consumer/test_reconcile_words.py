"""What `damsight reconcile` tells, word for word."""

import io
import json
from collections import Counter

from rich.console import Console

from damsight_cli.reconcile_progress import told
from damsight_cli.reconcile_repair import Repaired
from damsight_cli.reconcile_report import as_data, repair_lines, report_lines
from damsight_consumer.reconcile.comparison import Moment, Report
from damsight_consumer.reconcile.findings import Finding, Remedy, Verdict
from damsight_consumer.reconcile.lines import BadEntry
from damsight_consumer.reconcile.run import Options
from damsight_consumer.reconcile.waiting import Ending

FINDINGS = (
    Finding("r-1", Verdict.ACL_DIFFERS, Remedy.NEW_REVISION, 4, 4),
    Finding("m-1", Verdict.MISSING, Remedy.EVENT, 1),
    Finding("s-1", Verdict.STALE, Remedy.DAM_EVENT, 5, 4, "its rights differ too"),
    Finding("n-1", Verdict.NEVER, Remedy.REPLAY, 3, 2, "fetch: gone: the address answers 410"),
    Finding("i-1", Verdict.INCOMPLETE, Remedy.EVENT, 2, 2, "fetch: missing: 404"),
    Finding("o-1", Verdict.ORPHANED, Remedy.DELETE, None, 9),
)
REPORT = Report(
    listed=1204,
    living=1203,
    counts=Counter({finding.verdict: 1 for finding in FINDINGS} | {Verdict.MISSING: 3, Verdict.AGREES: 1196}),
    remedies=Counter(finding.remedy for finding in FINDINGS),
    findings={finding.verdict: [finding] for finding in FINDINGS},
    bad_count=1,
    bad=[BadEntry(7, "revision: give it; it is what the index is compared by")],
)
OPTIONS = Options(moment=Moment(1, is_told=True))
WORDS = """\
1,204 assets in the list, 1,203 in the index
          1  show other rights than the DAM's, at the same revision
          3  are missing in the index
          1  are indexed at an older revision
          1  will never be there: their newest event was dead-lettered
          1  are stored without their picture's vector
          1  are in the index and not in the list
      1,196  agree
          1  entries of the list could not be taken
entry 7 of the list: revision: give it; it is what the index is compared by
rights differ: r-1 (revision 4)
missing: m-1 (listed at 1)
missing: 2 more; --limit 0 shows all
stale: s-1 (listed at 5, indexed at 4): its rights differ too
never to be: n-1 (listed at 3, indexed at 2): fetch: gone: the address answers 410
incomplete: i-1 (revision 2): fetch: missing: 404
orphaned: o-1 (indexed at 9)
to do: 2 can be mended: `damsight reconcile list.jsonl --repair`
to do: 1 need an event from the DAM: the list does not tell the whole asset (media, metadata, acl)
to do: 1 need a greater revision from the DAM: the index holds this revision already and takes no other event of it. \
Save them anew in the DAM, so that it publishes them again.
to do: 1 were dead-lettered: mend the reason, then `damsight dead-letters replay`
to do: 1 can be deleted: `damsight reconcile list.jsonl --repair --delete-orphans`
"""
REPAIRED = Repaired("dam.assets.backfill.v1", sent=1204, refused=["a: too large"])
REPAIR_WORDS = """\
1,204 repairs sent to dam.assets.backfill.v1
not taken by Kafka: a: too large
      1,200  are in the index now
          1  are stored without their picture's vector
          2  were dead-lettered; `damsight dead-letters list` tells why
          1  had not come when the waiting ended; `damsight why ASSET` tells where each is
"""


def test_the_report_is_told_word_for_word() -> None:
    """The worst first, each with what to do."""
    assert report_lines(REPORT, OPTIONS, catalogue="list.jsonl") == WORDS.splitlines()


def test_what_was_repaired_is_told_word_for_word() -> None:
    """Each ending by its count; nothing of endings where nobody waited."""
    assert repair_lines(REPAIRED) == REPAIR_WORDS.splitlines()[:2]
    endings = Counter({Ending.MENDED: 1200, Ending.INCOMPLETE: 1, Ending.DEAD_LETTERED: 2, Ending.WAITING: 1})
    waited = Repaired(REPAIRED.topic, REPAIRED.sent, REPAIRED.refused, endings)
    assert repair_lines(waited) == REPAIR_WORDS.splitlines()
    assert waited.mended == 1200


def test_programs_get_all_of_it() -> None:
    """The same counts and rows, by stable names."""
    data = json.loads(json.dumps(as_data(REPORT, None)))
    assert (data["agree"], data["listed"], data["indexed"], data["bad_entries"]) == (False, 1204, 1203, 1)
    assert data["counts"]["acl_differs"] == 1
    assert data["remedies"]["new_revision"] == 1
    assert data["bad"] == [{"line": 7, "problem": REPORT.bad[0].problem}]
    assert data["repairs"] is None
    assert data["findings"][3] == {
        "asset_id": "n-1",
        "verdict": "never_to_be",
        "remedy": "replay",
        "listed": 3,
        "indexed": 2,
        "why": "fetch: gone: the address answers 410",
    }


def test_progress_is_told_in_lines_where_there_is_no_terminal() -> None:
    """One for each tenth of a long way, and none for a short one."""
    shown = io.StringIO()
    with told(Console(file=shown)) as listen:
        for done in range(0, 10_001, 500):
            listen("index", done, 10_000)
        listen("list", 5, 10)
    assert shown.getvalue().splitlines()[0] == "index: 1,000 of 10,000"
    assert len(shown.getvalue().splitlines()) == 10
