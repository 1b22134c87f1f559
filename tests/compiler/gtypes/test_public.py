"""Words that mean nothing are refused, not taken for one that means something."""

from __future__ import annotations

import pytest

from gatid_compiler.gtypes import from_json_schema, parse, validator


def test_a_word_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="`annotate` or `assert`, not 'asserted'"):
        from_json_schema({}, formats="asserted")
    with pytest.raises(ValueError, match="not 'first'"):
        validator(parse("int"), duplicate_keys="first")
