async def heard(event, gctx):
    pass


class Store:
    def __init__(self, mctx):
        pass
