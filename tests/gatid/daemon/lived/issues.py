import json


async def answer(req, res, gctx, lctx):
    seen = {"query": req.query, "params": req.params, "body": req.body}
    if "x-media" in req.headers:
        seen["media"] = req.headers["x-media"]
    res.header("X-Seen", json.dumps(seen, sort_keys=True))
    return res.status(req.headers["x-status"]).json(json.loads(req.headers["x-answer"]))


def label_up(name):
    return {"name": name, "color": "grey"}


def label_down(label):
    return label["name"]
