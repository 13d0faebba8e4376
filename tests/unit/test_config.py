"""The settings: what they may be, what they are when unset, and how a bad one is told."""

from datetime import date, timezone

import pytest
from pydantic import ValidationError

from validation import scope as scopes
from validation.address import problem, typed_secrets
from validation.config import (
    SYNC_FIELDS,
    Stash2PlexConfig,
    load,
    unknown_keys,
)

DEFAULTS = Stash2PlexConfig()
SECRET = "s3cret-t0ken"
TOKEN = "aB3-xY_9kLmNoPqRsTuV"


def changed(settings):
    """What differs from the defaults after loading, without a single warning."""
    config, warnings = load(settings)
    assert warnings == ()
    return {
        name: getattr(config, name)
        for name in Stash2PlexConfig.model_fields
        if getattr(config, name) != getattr(DEFAULTS, name)
    }


def warned(settings):
    config, warnings = load(settings)
    assert len(warnings) == 1
    return config, warnings[0]


# --- defaults ------------------------------------------------------------------------------


def test_unset_settings_have_the_documented_defaults():
    assert DEFAULTS.model_dump(exclude={"plex_token"}) == {
        "plex_url": "",
        "plex_library": (),
        "path_map": (),
        "sync_fields": SYNC_FIELDS,
        "only_organized": False,
        "only_stash_id": False,
        "include_tags": (),
        "exclude_tags": (),
        "include_paths": (),
        "exclude_paths": (),
        "title_template": "",
        "sort_title_template": "",
        "tagline_template": "",
        "content_rating": "",
        "genre_only": (),
        "genre_ignore": (),
        "performer_tags": False,
        "max_tags": 100,
        "actor_photo_url": "",
        "collections_from": ("studio",),
        "collection_tags": (),
        "collection_prefix": "",
        "poster_fit": False,
        "labels": (),
        "label_tags": (),
        "label_organized": "",
        "reconcile_interval": "never",
        "reconcile_scope": "24h",
        "deep_interval": "weekly",
        "reconcile_missing": True,
        "hook_mode": "background",
        "brake_share": 20,
        "brake_scenes": 1000,
        "on_edit_in_plex": "newest",
        "preserve_plex_edits": False,
        "allow_ambiguous_match": False,
        "skip_not_found": False,
        "on_leave": "keep",
        "trigger_plex_scan": False,
        "max_retries": 5,
        "connect_timeout": 5,
        "read_timeout": 30,
        "plex_insecure_tls": False,
        "journal_days": 90,
        "journal_rows": 100_000,
        "notify": (),
        "notify_runs": False,
        "card_badge": False,
        "events_only": False,
        "debug_logging": False,
        "obfuscate_paths": False,
        "paused": False,
    }
    assert DEFAULTS.token == ""


@pytest.mark.parametrize("blank", [None, "", "  \n"])
def test_a_blank_value_is_the_default_for_every_setting(blank):
    assert changed(dict.fromkeys(Stash2PlexConfig.model_fields, blank)) == {}


@pytest.mark.parametrize("zero", [0, 0.0, "0", " 0 "])
def test_a_number_of_zero_is_the_default(zero):
    numbers = ("max_retries", "max_tags", "connect_timeout", "read_timeout")
    assert changed(dict.fromkeys(numbers, zero)) == {}


def test_the_config_cannot_be_changed_afterwards():
    with pytest.raises(ValidationError):
        DEFAULTS.paused = True


# --- values as people and older plugins store them -----------------------------------------


@pytest.mark.parametrize(
    "setting, stored, meant",
    [
        ("paused", "true", True),
        ("paused", " ON ", True),
        ("paused", 1, True),
        ("paused", 1.0, True),
        ("reconcile_missing", "off", False),
        ("reconcile_missing", 0, False),
        ("max_retries", "7", 7),
        ("max_retries", 7.0, 7),
        ("max_retries", "7.0", 7),
        ("max_retries", 100, 100),
        ("read_timeout", 1, 1),
        ("hook_mode", " Inline ", "inline"),
        ("reconcile_interval", " Weekly\n", "weekly"),
        ("reconcile_scope", " 7DAYS ", "7days"),
        ("reconcile_scope", " ALL", "all"),
        ("reconcile_scope", "30D", "30d"),
        ("reconcile_scope", "2026-01-01 .. 2026-06-30", "2026-01-01..2026-06-30"),
        ("plex_library", " Films,  Clips ,,Films", ("Films", "Clips")),
        ("plex_library", ["Films, old", "Clips"], ("Films, old", "Clips")),
        ("plex_library", 2024, ("2024",)),
        ("content_rating", 18, "18"),
        ("title_template", " {title} ({year}) ", "{title} ({year})"),
        ("collections_from", "Groups; parent studio", ("parent_studio", "group")),
        ("collections_from", "none", ()),
        ("collection_prefix", "{kind}:", "{kind}:"),
        ("include_tags", " a, b,,a ", ("a", "b")),
        ("include_tags", "a, b; c", ("a, b", "c")),
        ("include_tags", ["a, b; c"], ("a, b; c",)),
        ("exclude_paths", "/a, b;", ("/a, b",)),
        ("path_map", "/data => /media/x", (("/data", "/media/x"),)),
        ("path_map", "/a=>/b ; C:\\v => /v\n", (("/a", "/b"), ("C:\\v", "/v"))),
        ("path_map", {"/a": "/b"}, (("/a", "/b"),)),
        ("path_map", [["/a", "/b;c"]], (("/a", "/b;c"),)),
        ("sync_fields", "Tags; TITLE, cover\nperformers", ("title", "genres", "actors", "poster")),
        ("sync_fields", "collection, Release Date", ("date", "collections")),
        ("sync_fields", ["summary", "details"], ("summary",)),
        ("sync_fields", "title, tagline, background", ("title", "tagline", "background")),
        ("sync_fields", "none", ()),
    ],
)
def test_a_value_is_understood_as_it_is_stored(setting, stored, meant):
    assert changed({setting: stored}) == {setting: meant}


def test_all_fields_can_be_asked_for_by_one_word():
    assert changed({"sync_fields": "All"}) == {}
    found = changed({"sync_fields": "all, background, code"})
    assert found == {"sync_fields": (*SYNC_FIELDS, "original_title", "background")}


# --- bad values ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "setting, stored, allowed",
    [
        ("reconcile_interval", "dayly", "never, hourly, daily, weekly"),
        ("reconcile_interval", 24, "never, hourly, daily, weekly"),
        ("reconcile_scope", "recent", "all, 24h, 7days, or a custom range"),
        ("reconcile_scope", "0d", "all, 24h, 7days"),
        ("reconcile_scope", "2026-02-30..2026-03-01", "all, 24h, 7days"),
        ("reconcile_scope", "2026-06-30..2026-01-01", "all, 24h, 7days"),
        ("hook_mode", "sometimes", "background, inline"),
        ("max_retries", 101, "from 1 to 100"),
        ("max_retries", -1, "from 1 to 100"),
        ("max_retries", 5.5, "from 1 to 100"),
        ("max_retries", True, "from 1 to 100"),
        ("max_retries", "many", "from 1 to 100"),
        ("max_tags", "inf", "from 1 to 1000"),
        ("connect_timeout", [5], "from 1 to 300"),
        ("paused", "maybe", "on or off"),
        ("paused", 2, "on or off"),
        ("paused", {}, "on or off"),
        ("plex_library", {"a": 1}, "a text"),
        ("plex_library", "\ud800", "a text"),
        ("title_template", "{titel}", "{title}, {performers}, {studio}"),
        ("title_template", "Scene", "{title}, {performers}, {studio}"),
        ("collections_from", "tags", "studio, parent_studio, group, performer, or none"),
        ("collection_prefix", "{studio}:", "only {kind}"),
        ("labels", {"a": 1}, "a text"),
        ("path_map", "/data", "stash prefix => plex prefix"),
        ("path_map", [["\ud800", "/b"]], "stash prefix => plex prefix"),
        ("path_map", [5], "stash prefix => plex prefix"),
        ("path_map", "/data =>", "stash prefix => plex prefix"),
        ("path_map", "\ud800 => /b", "a text"),
        ("sync_fields", "titel", "title, summary, studio"),
        ("enabled", "perhaps", "on or off"),
    ],
)
def test_a_bad_value_is_told_once_and_replaced_by_the_default(setting, stored, allowed):
    config, warning = warned({setting: stored})
    assert config == DEFAULTS
    assert warning.startswith(f"{setting}: ")
    assert repr(stored)[:50] in warning
    assert allowed in warning


def test_a_warning_names_the_default_that_is_used():
    assert warned({"max_retries": 500})[1].endswith("Used instead: 5.")
    assert warned({"paused": "maybe"})[1].endswith("Used instead: off.")


def test_the_good_part_of_a_list_is_kept():
    config, warning = warned({"sync_fields": "title, sumary"})
    assert config.sync_fields == ("title",)
    assert "the rest of it" in warning
    config, warning = warned({"collections_from": "group, label"})
    assert config.collections_from == ("group",)
    config, warning = warned({"path_map": "/a => /b; oops"})
    assert config.path_map == (("/a", "/b"),)


def test_each_bad_value_has_its_own_warning_and_good_ones_stay():
    config, warnings = load({"max_retries": "x", "hook_mode": "y", "max_tags": 7})
    assert len(warnings) == 2
    assert config.max_tags == 7


def test_a_long_bad_value_is_shortened():
    assert len(warned({"hook_mode": "x" * 10_000})[1]) < 200


@pytest.mark.parametrize("garbage", [None, [], "text", 5, True])
def test_settings_that_are_no_map_are_defaults_with_one_warning(garbage):
    config, _ = warned(garbage)
    assert config == DEFAULTS


def test_an_unknown_key_is_no_warning():
    settings = {"colour": "red", 5: "five", "paused": True}
    assert changed(settings) == {"paused": True}
    assert unknown_keys(settings) == ("5", "colour")


def test_older_keys_are_not_unknown():
    assert unknown_keys({"enabled": True, "sync_tags": False, "reconcile_missing": True}) == ()


def test_a_path_is_not_shown_when_paths_are_obfuscated():
    _, warning = warned({"path_map": "/private/place", "obfuscate_paths": True})
    assert "private" not in warning


# --- the model itself refuses --------------------------------------------------------------


@pytest.mark.parametrize(
    "setting, stored, allowed",
    [
        ("reconcile_interval", "x", "never, hourly, daily, weekly"),
        ("reconcile_scope", "x", "all, 24h, 7days"),
        ("max_retries", 1000, "1 to 100"),
        ("enabled", "x", "on or off"),
    ],
)
def test_the_model_refuses_a_bad_value_and_lists_what_is_allowed(setting, stored, allowed):
    with pytest.raises(ValidationError, match=allowed):
        Stash2PlexConfig(**{setting: stored})


def test_the_model_refuses_what_is_no_map():
    with pytest.raises(ValidationError):
        Stash2PlexConfig.model_validate([1])


# --- older keys ----------------------------------------------------------------------------


def without(*names):
    return {"sync_fields": tuple(name for name in SYNC_FIELDS if name not in names)}


@pytest.mark.parametrize(
    "older, meant",
    [
        ({"enabled": False}, {"paused": True}),
        ({"enabled": "false"}, {"paused": True}),
        ({"enabled": True}, {}),
        ({"strict_matching": False}, {"allow_ambiguous_match": True}),
        ({"strict_matching": True}, {}),
        ({"sync_master": False}, {"sync_fields": ()}),
        ({"sync_master": True}, {}),
        ({"sync_studio": False}, without("studio")),
        ({"sync_summary": False}, without("summary")),
        ({"sync_date": False}, without("date")),
        ({"sync_performers": False}, without("actors")),
        ({"sync_tags": False}, without("genres")),
        ({"sync_poster": False}, without("poster")),
        ({"sync_collection": False}, without("collections")),
        ({"sync_tagline": False, "sync_background": False}, without("tagline")),
        ({"sync_tags": False, "sync_poster": "off"}, without("genres", "poster")),
        ({"reconcile_missing": False}, {"reconcile_missing": False}),
    ],
)
def test_an_older_key_is_understood(older, meant):
    assert changed(older) == meant


@pytest.mark.parametrize(
    "settings, meant",
    [
        ({"enabled": False, "paused": False}, {}),
        ({"strict_matching": False, "allow_ambiguous_match": "off"}, {}),
        ({"sync_title": False, "sync_tags": False, "sync_fields": "tags"}, None),
    ],
)
def test_a_setting_of_today_wins_over_an_older_key(settings, meant):
    expected = {"sync_fields": ("genres",)} if meant is None else meant
    assert changed(settings) == expected


# --- secrets -------------------------------------------------------------------------------


@pytest.mark.parametrize("show", [str, repr, lambda c: str(c.model_dump()), lambda c: c.json()])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_token_never_shows(show):
    config, _ = load({"plex_token": SECRET, "plex_url": f"http://me:{SECRET}@plex:32400"})
    assert config.token == SECRET
    assert SECRET not in show(config)


@pytest.mark.parametrize("stored", [[SECRET], {"token": SECRET}])
@pytest.mark.parametrize("setting", ["plex_token", "plex_url"])
def test_a_warning_or_an_error_never_shows_a_secret(setting, stored):
    assert SECRET not in warned({setting: stored})[1]
    with pytest.raises(ValidationError) as caught:
        Stash2PlexConfig(**{setting: stored})
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "stored, token",
    [
        (" abc \n", "abc"),
        ("X-Plex-Token=abc", "abc"),
        ('"abc"', "abc"),
        (12345, "12345"),
        (12345.0, "12345"),
        ("?X-Plex-Token=abc", "abc"),
        ("&x-plex-token=abc&x=y", "abc"),
        ("https://plex:32400/library/metadata/7?checkFiles=1&X-Plex-Token=abc&x=y#z", "abc"),
        ("'http://plex/a?X-Plex-Token=a%2Db'", "a-b"),
        ("http://plex:32400", ""),
    ],
)
def test_a_token_is_tidied(stored, token):
    assert load({"plex_token": stored})[0].token == token


# --- the address of Plex -------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed, used",
    [
        ("http://plex:32400", "http://plex:32400"),
        (" http://plex:32400/ ", "http://plex:32400"),
        ("HTTP://plex:32400//", "http://plex:32400"),
        ("http:/plex:32400", "http://plex:32400"),
        ("10.0.0.5", "http://10.0.0.5:32400"),
        ("//10.0.0.5", "http://10.0.0.5:32400"),
        ("plex.local:1234", "http://plex.local:1234"),
        ("[fe80::1]", "http://[fe80::1]:32400"),
        ("https:plex", "https://plex"),
        ("http://plex", "http://plex"),
        ("https://plex.example.com", "https://plex.example.com"),
        ("https://example.com/plex/", "https://example.com/plex"),
        ("http://plex:32400/web/index.html#!/settings", "http://plex:32400"),
        ("http://plex:32400/web?X-Plex-Token=abc", "http://plex:32400"),
        ("http://plex:32400/library/metadata/7?X-Plex-Token=abc", "http://plex:32400"),
        ("https://e.org/plex/library/metadata/7?checkFiles=1", "https://e.org/plex"),
        ("http://plex:32400?X-Plex-Token=abc", "http://plex:32400"),
        ("plex:32400/identity", "http://plex:32400"),
        ("http://10.0.0.5/32400", "http://10.0.0.5:32400"),
        ("http://10.0.0.5/:32400/web", "http://10.0.0.5:32400"),
        ("10.0.0.5/:32400/", "http://10.0.0.5:32400"),
        ("http://[fe80::1]/32400", "http://[fe80::1]:32400"),
        ("plex-media-server-box", "http://plex-media-server-box:32400"),
    ],
)
def test_an_address_is_brought_into_one_form_that_stays(typed, used):
    config, _ = load({"plex_url": typed, "plex_token": "abc"})
    assert config.plex_url == used
    assert problem(config.plex_url, config.token) is None
    assert Stash2PlexConfig(plex_url=used).plex_url == used


@pytest.mark.parametrize(
    "url, token, fault",
    [
        ("", "abc", "(Plex URL) is missing"),
        ("http://", "abc", "no usable host"),
        ("https:///path", "abc", "no usable host"),
        ("http://plex:99999", "abc", "no usable host"),
        ("http://plex:port", "abc", "no usable host"),
        ("http://my plex", "abc", "no usable host"),
        ("http://[::1", "abc", "no usable host"),
        ("ftp://plex", "abc", "must begin with http"),
        (f"http://me:{SECRET}@plex", "abc", "holds a user or password"),
        (f"me:{SECRET}@plex:32400", "abc", "holds a user or password"),
        ("http://plex", "", "(Plex Token) is missing"),
        (TOKEN, "abc", "(Plex URL) is a token"),
        (f"?X-Plex-Token={TOKEN}", "abc", "(Plex URL) is a token"),
        ("http://plex", f"{SECRET}.{SECRET}.{SECRET}", "with two dots"),
        ("http://plex", f"{SECRET} {SECRET}", "holds a blank"),
        ("http://plex", f"{SECRET}\x01", "holds a blank"),
        ("http://plex", f"{SECRET}é", "holds a blank"),
    ],
)
def test_an_unusable_setting_names_its_place(url, token, fault):
    config, _ = load({"plex_url": url, "plex_token": token})
    sentence = problem(config.plex_url, config.token)
    assert fault in sentence
    assert "Settings > Plugins > Stash2Plex" in sentence
    assert SECRET not in sentence


TYPED = [TOKEN, f"X-Plex-Token={TOKEN}", f"http://p:32400/library/metadata/1?X-Plex-Token={TOKEN}",
         f"http://me:{TOKEN}@plex:32400", f"me:{TOKEN}@plex"]  # fmt: skip


@pytest.mark.parametrize("typed", TYPED)
def test_a_token_in_the_address_is_a_secret(typed):
    assert TOKEN in typed_secrets({"plex_url": typed})
    config, warnings = load({"plex_url": typed})
    assert TOKEN not in f"{config} {warnings} {problem(config.plex_url, config.token)}"


def test_nothing_is_hidden_without_a_secret():
    assert typed_secrets({"plex_url": "http://10.0.0.5:32400"}) == typed_secrets(None) == []


@pytest.mark.parametrize("setting", ["plex_url", "plex_token"])
def test_an_address_with_a_token_fills_both_settings(setting):
    pasted = f"https://plex:32400/library/metadata/7?checkFiles=1&X-Plex-Token={TOKEN}"
    config = load({setting: pasted})[0]
    assert (config.plex_url, config.token) == ("https://plex:32400", TOKEN)
    assert problem(config.plex_url, config.token) is None
    other = {"plex_url": "http://own", "plex_token": "own"}
    config = load({**other, setting: pasted})[0]
    assert "own" in (config.plex_url + config.token)


# --- scopes --------------------------------------------------------------------------------

NOW = 1_000_000_000.0


@pytest.mark.parametrize(
    "text, seconds",
    [("24h", 86_400), ("7days", 604_800), ("30d", 2_592_000), ("12h", 43_200), ("1H", 3_600)],
)
def test_a_span_counts_back_from_now(text, seconds):
    scope = scopes.parse_scope(text)
    assert (scope.kind, scope.seconds) == ("last", seconds)
    assert scopes.bounds(scope, NOW) == (NOW - seconds, None)


def test_all_has_no_bounds():
    assert scopes.bounds(scopes.parse_scope("all"), NOW) == (None, None)


def test_a_range_of_dates_holds_its_last_day():
    scope = scopes.parse_scope("2026-01-01..2026-01-02")
    assert scope.dates == (date(2026, 1, 1), date(2026, 1, 2))
    since, until = scopes.bounds(scope, NOW, timezone.utc)
    assert since == 1_767_225_600.0
    assert until - since == 2 * 86_400


@pytest.mark.parametrize("name, text", [("recent", "24h"), ("recent_7days", "7days"), ("1d", "1d")])
def test_the_names_of_the_engine_are_understood(name, text):
    assert scopes.engine_scope(name).text == text


@pytest.mark.parametrize(
    "text", ["", "30", "d", "-1d", "1w", "999999d", "2026-01-01..", "9999-01-01..9999-12-31", "٣d"]
)
def test_anything_else_is_no_scope(text):
    with pytest.raises(ValueError, match="24h"):
        scopes.parse_scope(text)
