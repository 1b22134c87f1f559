class Both:
    def __init__(self, mctx):
        pass
