"""The files that any Python program reads: its interpreter, its packages, the time zones.

Whole folders where an installation keeps nothing else. Of other places that are imported from,
such as a checkout, only the packages and modules: beside them may stand anything.
"""

from __future__ import annotations

import sys
import sysconfig
import zoneinfo
from pathlib import Path
from typing import TYPE_CHECKING

from gatid.isolated.landlock import READ, Right

if TYPE_CHECKING:
    from collections.abc import Iterator

_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache")
_DEVICES = ("/dev/zero", "/dev/urandom", "/dev/random")
_NAMES = (
    "/etc/hosts", "/etc/host.conf", "/etc/resolv.conf", "/etc/nsswitch.conf", "/etc/services",
    "/etc/gai.conf",
)  # fmt: skip
_CODE = frozenset((".py", ".so", ".zip", ".egg"))


def interpreter(*, network: bool) -> Iterator[tuple[str, Right]]:
    """Paths and what may be done to them; with `network`, what names and certificates need."""
    yield "/dev/null", READ | Right.WRITE_FILE
    whole = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    whole += [f"{sys.base_prefix}/lib", *_LIBRARIES, *_DEVICES, *zoneinfo.TZPATH, "/etc/localtime"]
    if network:
        import ssl

        paths = ssl.get_default_verify_paths()
        found = (paths.cafile, paths.capath, paths.openssl_cafile, paths.openssl_capath)
        whole += [*_NAMES, "/usr/share/ca-certificates", *(path for path in found if path)]
    for path in whole:
        yield path, READ
    inside = [Path(path).resolve() for path in whole]
    for place in (Path(each) for each in sys.path):
        if any(place.resolve().is_relative_to(folder) for folder in inside):
            continue
        for found_there in _importable(place):
            yield str(found_there), READ


def _importable(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
    elif place.is_dir():
        for path in place.iterdir():
            if path.suffix in _CODE or (path / "__init__.py").exists():
                yield path
