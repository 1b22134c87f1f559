from dataclasses import dataclass
from gatid_compiler import plan


@dataclass
class HeadRoute:
    name: str
    method: str
    path: object
    shape: object
    handler: object
    node: object


@dataclass
class Unfolded:
    contracts: object
    types: object


def unfold(routes, defs, releases, changes, reader, report):
    return Unfolded(
        {
            r.name: (
                plan.Contract(
                    f"tsv:0-{r.name}-1",
                    1,
                    0,
                    None,
                    r.method,
                    r.path,
                    r.shape,
                    r.handler,
                    r.shape,
                    None,
                    (),
                ),
            )
            for r in routes
        },
        defs,
    )
