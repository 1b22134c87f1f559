class Table:
    def find(self, key):
        return None


class Store(Table):
    def __init__(self, mctx):
        self.rows = {}

    async def start(self):
        self.rows["a"] = 1

    async def insert(self, row):
        self._insert(row)

    def _insert(self, row):
        self.rows[row] = row


class Mail:
    def __init__(self, mctx):
        self.store = mctx.modules.store

    async def send(self):
        return await self.store.fnd("a")


async def look(req, res, gctx, lctx):
    store = gctx.modules.store
    await store.find("a")
    await store.delete("a")


async def get(req, res, gctx, lctx):
    await gctx.modules.store.insrt({})
    await gctx.modules.store.start()
    await gctx.modules.mail.send()
