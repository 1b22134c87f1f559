def log_it(req, res, gctx, lctx):
    pass
