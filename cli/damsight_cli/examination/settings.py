"""The settings, as the consumer and the search read them."""

from typing import TYPE_CHECKING

from damsight_cli.examination.finding import Finding, fail, ok, warn

if TYPE_CHECKING:
    from damsight_consumer.settings import ConsumerSettings


def examine_settings() -> "tuple[list[Finding], ConsumerSettings | None]":
    """Read both; also what the consumer's say, where they can be read."""
    from damsight_consumer.errors import SettingsError as ConsumerSettingsError
    from damsight_consumer.settings import load_settings

    findings = [_search()]
    try:
        settings = load_settings()
    except ConsumerSettingsError as error:
        return [*findings, fail("settings", str(error), "correct or unset what it names")], None
    roots = settings.fetch.roots
    missing = [str(root) for root in roots if not root.is_dir()]
    if missing:
        findings.append(fail("settings", f"DAMSIGHT_FETCH__ROOTS: {', '.join(missing)} is no folder", "correct it"))
    return findings, settings


def _search() -> Finding:
    from damsight_search.errors import SettingsError
    from damsight_search.settings import load_settings

    try:
        settings = load_settings()
    except SettingsError as error:
        return fail("settings", str(error), "correct or unset what it names")
    if not settings.auth.knows_somebody:
        return warn(
            "who may search",
            "nobody: every search is answered with 401",
            "set DAMSIGHT_AUTH__SECRET or __JWKS, or DAMSIGHT_AUTH__ANONYMOUS=true for what is public",
        )
    how = [
        name
        for name, given in (
            ("a signing secret", settings.auth.secret),
            ("keys", settings.auth.jwks),
            ("strangers see what is public", settings.auth.anonymous),
        )
        if given
    ]
    return ok("who may search", ", ".join(how))
