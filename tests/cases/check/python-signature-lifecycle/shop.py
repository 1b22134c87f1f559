class Base:
    async def start(self):
        pass

    def stop(self):
        pass


class Store(Base):
    def __init__(self, mctx):
        pass

    async def health(self, deep):
        return True


class Mail(Base):
    def __init__(self, mctx):
        pass

    async def stop(self):
        pass
