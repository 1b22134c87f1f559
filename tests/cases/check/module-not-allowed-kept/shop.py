class Kept:
    def __init__(self, mctx):
        self.secrets = mctx.secrets
        self.others = mctx.modules


class Store(Kept):
    async def save(self):
        modules = self.others
        await modules.mail.send()
        return await self.secrets.get("key")

    async def find(self, name):
        return await self.secrets.get(name)


class Mail:
    def __init__(self, mctx):
        self.mctx = mctx

    async def send(self):
        return await self.mctx.secrets.get("key")
