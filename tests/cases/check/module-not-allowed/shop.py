class Store:
    def __init__(self, mctx): ...
    async def get(self, key): ...


class Cache:
    def __init__(self, mctx):
        self.mctx = mctx

    async def get(self, key):
        return await self.mctx.modules.store.get(key)
