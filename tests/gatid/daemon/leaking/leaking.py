"""Handlers that are careless with a secret, each in its way."""

import asyncio
import base64
import hashlib
import json
import logging
import pickle
import sys
import threading
import traceback
import urllib.parse
import warnings

import orjson
from gatid.errors import HTTPError
from pydantic import TypeAdapter
from pydantic_core import to_json


class Careless:
    def __init__(self, mctx):
        self.mctx = mctx

    async def call(self):
        value = (await self.mctx.secrets.get("planted")).reveal()
        print("in its process", value, flush=True)
        self.mctx.log.error(f"cannot connect to {value}", at=value)
        raise RuntimeError(f"cannot connect to {value}")


async def leak(req, res, gctx, lctx):
    secret = await gctx.secrets.get("planted")
    value = secret.reveal()
    lctx.log.info("used", digest=hashlib.sha256(value.encode()).hexdigest())
    done = WAYS[req.params["way"]](value, secret, req, res, gctx, lctx)
    return await done if hasattr(done, "__await__") else done


async def stream(req, res, gctx, lctx):
    value = (await gctx.secrets.get("planted")).reveal()

    async def chunks():
        yield b"begins"
        raise ValueError(value)

    return res.stream(chunks())


async def before(req, res, gctx, lctx):
    raise LookupError((await gctx.secrets.get("planted")).reveal())


async def caught(error, req, res, gctx, lctx):
    lctx.log.warning(f"caught {error!r}", error=error)
    res.problem(500, str(error), detail=repr(error), cause={"args": list(error.args)})


async def heard(event, gctx):
    return None


async def nothing(req, res, gctx, lctx):
    return None


def raises(value, *_):
    raise ValueError(value)


def raises_key(value, *_):
    return {}[value]


def raises_int(value, *_):
    return int(value + "x")


def raises_bytes(value, *_):
    raise OSError(5, value.encode(), value)


def chained(value, *_):
    try:
        raise ValueError(value)
    except ValueError as error:
        raise RuntimeError("outer") from error


def during(value, *_):
    try:
        raise ValueError(value)
    finally:
        {}["other"]


def grouped(value, *_):
    error = ValueError("noted")
    error.add_note(f"with {value}")
    raise ExceptionGroup(value, [error, KeyError(value)])


def exits(value, *_):
    sys.exit(value)


def asserts(value, *_):
    raise AssertionError(f"{value} == 1")


def http_error(value, *_):
    raise HTTPError(409, f"no {value}", detail=f"it was {value!r}")


def http_error_undeclared(value, *_):
    raise HTTPError(418, value, detail=json.dumps({"value": value}))


def problem(value, secret, req, res, *_):
    res.problem(409, value, detail=value, members=[{value: [value]}], secret=str(secret))


def wrong_type(value, *_):
    return {"value": value}


def wrong_status(value, secret, req, res, *_):
    res.status(202).json(value)


def bad_header(value, secret, req, res, *_):
    res.header("x-value", f"{value}\r\nx: y")


def bad_header_name(value, secret, req, res, *_):
    res.header(f"{value} ", "x")


def secret_header(value, secret, req, res, *_):
    res.header("x-value", f"{secret}").header("x-other", secret)


def shown(value, secret, *_):
    return f"{secret} {secret!r} {[secret]} { ({'a': secret}) } {secret:>10} %s" % secret


def joined(value, secret, *_):
    return ",".join(["a", secret])


def dumped(value, secret, req, res, gctx, lctx):
    for dump in (json.dumps, orjson.dumps, pickle.dumps, to_json, vars, bytes, iter):
        try:
            dump(secret)
        except Exception as error:
            lctx.log.error(f"{error}", traceback=traceback.format_exc())
        else:
            raise AssertionError(dump)
    return secret


def logged(value, secret, req, res, gctx, lctx):
    for log in (gctx.log, lctx.log):
        for write in (log.debug, log.info, log.warning, log.error):
            write(value, value=value, nested={"a": [value, {value: secret}]}, error=KeyError(value))
        log.bind(**{f"k {value}": value}).info("bound", data=value.encode(), many=(value,) * 3)


def derived(value, secret, req, res, gctx, lctx):
    basic = base64.b64encode(f"user:{value}:more".encode()).decode()
    lctx.log.info("derived", a=basic, b=base64.urlsafe_b64encode(value.encode()), c=value.upper())
    lctx.log.info(
        "derived", d=urllib.parse.quote_plus(value), e=value.encode().hex(), f=value.lower()
    )
    lctx.log.info("derived", g=json.dumps(json.dumps({"a": value})), h=repr(repr({"a": value})))
    raise ValueError(f"Authorization: Basic {basic}")


def printed(value, *_):
    print("printed", value)
    sys.stderr.write(f"half of a line {value}")
    sys.stderr.write("\n")
    warnings.warn(f"careful with {value}", stacklevel=1)
    logging.getLogger("a.b").error("logged %s %r", value, {"a": value})
    logging.getLogger("c").warning("wrong %d", value)
    try:
        raises(value)
    except ValueError:
        logging.exception("with %s", value)
        traceback.print_exc()


def validated(value, *_):
    TypeAdapter(dict[str, int]).validate_python({"a": value, value: 5})


def measured(value, secret, req, res, gctx, lctx):
    gctx.metrics.counter("seen", labels={"value": value, "shown": secret})
    gctx.metrics.gauge("level", 1, labels={"value": f"x{value}x"})
    gctx.metrics.counter(value)


def cleaned(value, secret, req, res, gctx, lctx):
    lctx.on_cleanup(lambda: raises(value))
    lctx.compensate(lambda: raises(value))
    raise RuntimeError("so that it is compensated")


def local(value, secret, req, res, gctx, lctx):
    lctx.set("value", value)
    lctx.set("secret", secret)
    lctx.before(lambda *_: raises(value))
    lctx.after(lambda *_: raises(value))
    lctx.log.info(f"{lctx.snapshot()}", lctx=lctx, req=req, res=res, gctx=gctx)
    return "fine"


async def tasks(value, *_):
    async def fail():
        raise ValueError(value)

    task = asyncio.create_task(fail(), name=value)
    await asyncio.sleep(0)
    del task
    asyncio.create_task(asyncio.sleep(60, value), name=f"left {value}")
    asyncio.get_running_loop().call_exception_handler({"message": value, "value": value})


def threads(value, *_):
    thread = threading.Thread(target=raises, args=(value,), name=f"thread {value}")
    thread.start()
    thread.join()


class Final:
    def __init__(self, value):
        self.value = value

    def __repr__(self):
        return f"Final({self.value})"

    def __del__(self):
        raise ValueError(self.value)


def finalised(value, *_):
    Final(value)


async def called(value, secret, req, res, gctx, lctx):
    await gctx.modules.careless.call()


async def called_apart(value, secret, req, res, gctx, lctx):
    await gctx.modules.apart.call()


async def passed_apart(value, secret, req, res, gctx, lctx):
    await gctx.modules.apart.call(secret)


async def published(value, secret, req, res, gctx, lctx):
    gctx.subscribe("leaked.here", lambda event: raises(value))
    await gctx.publish("leaked.here", 1)
    await gctx.publish("leaked.here", value)


def sent_elsewhere(value, secret, req, res, gctx, lctx):
    getattr(gctx.modules, value)


async def asked_for(value, secret, req, res, gctx, lctx):
    await gctx.secrets.get(value)


WAYS = {
    name: each
    for name, each in list(globals().items())
    if callable(each) and getattr(each, "__module__", "") == __name__ and name.islower()
    if name not in ("leak", "stream", "before", "caught", "nothing", "heard")
}
