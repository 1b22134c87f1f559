"""What each version of issues.gati says, and the adapters that somebody would have written."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.gatid.daemon.lived.history import Call, Lived

_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)
_WORD = st.text("abcdefgxyz", min_size=1, max_size=9)
_STATES = ["open", "closed"]

_USER = st.fixed_dictionaries(
    {
        "login": st.text("abc-", min_size=1, max_size=9),
        "id": st.integers(1, 999_999_999).map(str),
        "kind": st.sampled_from(["user", "bot", "organization"]),
    }
)
_EVENT = (
    st.fixed_dictionaries({"event": st.just("labeled"), "label": _TEXT})
    | st.fixed_dictionaries({"event": st.just("assigned"), "by": _USER})
    | st.fixed_dictionaries({"event": st.just("closed")}, optional={"commit": _TEXT})
)


def _issue(parent: st.SearchStrategy[dict[str, Any]] | None) -> st.SearchStrategy[dict[str, Any]]:
    optional: dict[str, Any] = {
        "reason": st.sampled_from(["completed", "not_planned", "duplicate", None]),
        "assignees": st.lists(_USER, min_size=1, max_size=3),
    }
    return st.fixed_dictionaries(
        {
            "number": st.integers(1, 10**6),
            "title": st.text(min_size=1, max_size=9),
            "body": st.none() | _TEXT,
            "state": st.sampled_from(["open", "closed", "locked"]),
            "author": _USER,
            "labels": st.lists(st.fixed_dictionaries({"name": _TEXT, "color": _TEXT}), max_size=2),
            "repository": st.fixed_dictionaries({"owner": _WORD, "name": st.text(max_size=20)}),
            "reactions": st.dictionaries(
                _TEXT,
                st.fixed_dictionaries({"total": st.integers(0, 99)}, optional={"url": _TEXT}),
                max_size=2,
            ),
            "events": st.lists(_EVENT, max_size=2),
        },
        optional=optional | ({"parent": parent} if parent is not None else {}),
    )


_ISSUE = _issue(_issue(None))
_INVALID = st.fixed_dictionaries(
    {
        "message": _TEXT,
        "errors": st.lists(
            st.fixed_dictionaries(
                {"field": _TEXT, "code": st.sampled_from(["missing", "invalid", "too_long"])}
            ),
            max_size=3,
        ),
    }
)
_LOCKED = st.fixed_dictionaries(
    {"locked_by": _USER, "until": st.sampled_from([None, "2026-01-31"])}
)


def _user_down(user: dict[str, Any], version: int) -> dict[str, Any]:
    old = dict(user)
    if version < 5:
        old["id"] = int(old["id"])
        old["kind"] = "user" if old["kind"] == "organization" else old["kind"]
    if version < 3:
        old["is_bot"] = old.pop("kind") == "bot"
    return old


def _issue_down(issue: dict[str, Any], version: int) -> dict[str, Any]:
    old = dict(issue)
    old["author"] = _user_down(old["author"], version)
    if "assignees" in old:
        old["assignees"] = [_user_down(user, version) for user in old["assignees"]]
    events = []
    for event in old["events"]:
        past = {k: _user_down(v, version) if k == "by" else v for k, v in event.items()}
        if version < 2 and "commit" in past:
            past["commit_id"] = past.pop("commit")
        events.append(past)
    old["events"] = events
    if "parent" in old:
        old["parent"] = _issue_down(old["parent"], version)
    if version < 5 and old.get("reason") == "duplicate":
        old["reason"] = "not_planned"
    if version < 4:
        old.pop("reason", None)
        old["state"] = "closed" if old["state"] == "locked" else old["state"]
        old["reactions"] = {k: {"total": v["total"]} for k, v in old["reactions"].items()}
        old["body"] = old["body"] or ""
    if version < 3:
        old["user"] = old.pop("author")
        old["labels"] = [label["name"] for label in old["labels"]]
    if version < 2:
        repository = old.pop("repository")
        old["full_name"] = f"{repository['owner']}/{repository['name']}"
        if "assignees" in old:
            old["assignee"] = old.pop("assignees")[0]
    return old


def _invalid_down(invalid: dict[str, Any], version: int) -> dict[str, Any]:
    codes = {"missing": "missing_field", "too_long": "invalid"}
    if version >= 2:
        return invalid
    return {
        "message": invalid["message"],
        "errors": [
            {"resource": e["field"], "code": codes.get(e["code"], e["code"])}
            for e in invalid["errors"]
        ],
    }


def _locked_down(locked: dict[str, Any], version: int) -> dict[str, Any]:
    return {**locked, "locked_by": _user_down(locked["locked_by"], version)}


def _update(version: int) -> st.SearchStrategy[dict[str, Any]]:
    optional: dict[str, Any] = {"title": st.text(min_size=1, max_size=9)}
    optional["state"] = st.sampled_from(_STATES + ["locked"] * (version >= 4))
    if version < 2:
        optional["assignee"] = _TEXT
    else:
        optional["assignees"] = st.lists(_TEXT, max_size=3)
    if version < 4:
        optional["milestone"] = st.none() | st.from_regex(r"[0-9]{1,9}", fullmatch=True)
        optional["draft"] = st.booleans()
        return st.fixed_dictionaries({}, optional=optional)
    optional["milestone"] = st.none() | st.integers(0, 10**30)
    return st.fixed_dictionaries({"draft": st.booleans()}, optional=optional)


def _update_up(body: dict[str, Any], version: int) -> dict[str, Any]:
    new = dict(body)
    if version < 2 and "assignee" in new:
        new["assignees"] = [new.pop("assignee")]
    if version < 4:
        new.setdefault("draft", False)
        if new.get("milestone") is not None:
            new["milestone"] = int(new["milestone"])
    return new


def _place(version: int, rest: str) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    start = "/repos" if version >= 3 else "/issues"
    return st.builds(
        lambda owner, name: (f"{start}/{owner}/{name}{rest}", {"owner": owner, "name": name}),
        _WORD,
        _WORD,
    )


def _list(version: int) -> st.SearchStrategy[Call]:
    states = _STATES + ["locked"] * (version >= 4)
    optional: dict[str, Any] = {
        "state": st.sampled_from(states if version >= 4 else ["all", "closed"]),
        "labels": st.lists(_WORD, min_size=1, max_size=3),
        "per_page": st.integers(1, 100),
        "assigned_to" if version >= 4 else "assignee": _WORD,
    }

    def call(
        place: tuple[str, dict[str, Any]], query: dict[str, Any], issues: list[dict[str, Any]]
    ) -> Call:
        new = {"per_page": 30, **query}
        if version < 4:
            if "assignee" in new:
                new["assigned_to"] = new.pop("assignee")
            if new.get("state") == "all":
                new["state"] = "open"
        seen = {"query": new, "params": place[1], "body": None}
        down = [_issue_down(issue, version) for issue in issues]
        return Call("GET", place[0], query, None, 200, issues, seen, 200, down)

    rest = "/issues" if version >= 3 else ""
    return st.builds(
        call,
        _place(version, rest),
        st.fixed_dictionaries({}, optional=optional),
        st.lists(_ISSUE, max_size=2),
    )


def _patch(version: int) -> st.SearchStrategy[Call]:
    media = st.sampled_from([None, "raw", "html"])
    answers = st.tuples(st.just(200), _ISSUE) | st.tuples(st.just(422), _INVALID)

    def call(
        place: tuple[str, dict[str, Any]],
        number: int,
        body: dict[str, Any],
        said: str | None,
        answer: tuple[int, dict[str, Any]],
    ) -> Call:
        status, what = answer
        params = {**place[1], "number": number}
        seen = {"query": {}, "params": params, "body": _update_up(body, version)}
        query, headers = {}, {}
        if said is not None:
            seen["media"] = said
            (headers if version >= 3 else query).update(
                {"X-Media" if version >= 3 else "media": said}
            )
        down = (_issue_down if status == 200 else _invalid_down)(what, version)
        path = f"{place[0]}/{number}"
        return Call("PATCH", path, query, body, status, what, seen, status, down, headers)

    rest = "/issues" if version >= 3 else ""
    return st.builds(
        call, _place(version, rest), st.integers(1, 10**20), _update(version), media, answers
    )


def _lock(version: int) -> st.SearchStrategy[Call]:
    reasons = st.sampled_from(["spam" if version >= 4 else "too heated", "off-topic", "resolved"])
    length = st.integers(7, 364) if version >= 5 else st.integers(1, 52)

    def call(
        place: tuple[str, dict[str, Any]], reason: str, length: int, locked: dict[str, Any]
    ) -> Call:
        new = {
            "reason": "spam" if reason == "too heated" else reason,
            "days": length if version >= 5 else 7 * length,
        }
        query = {} if version >= 4 else {"reason": reason}
        body: dict[str, Any] = {"days" if version >= 5 else "weeks": length}
        if version >= 4:
            body["reason"] = reason
        seen = {"query": {}, "params": place[1], "body": new}
        path = place[0].replace("/issues/", "/repos/")
        down = _locked_down(locked, version)
        return Call("PUT", path, query, body, 200, locked, seen, 200, down)

    return st.builds(call, _place(version, "/lock"), reasons, length, _LOCKED)


def calls(version: int) -> st.SearchStrategy[Call]:
    """Any call of a version's client, and what the handler answers."""
    return _list(version) | _patch(version) | _lock(version)


LIVED = Lived("issues", calls)
