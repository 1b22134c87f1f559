class Store:
    def __init__(self, mctx):
        pass


class Cache:
    def __init__(self, mctx):
        pass
