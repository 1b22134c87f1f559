class Store:
    def __init__(self, mctx):
        pass
