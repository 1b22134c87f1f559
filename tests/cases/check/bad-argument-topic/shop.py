async def heard(event, gctx):
    pass


async def wrong(event):
    pass
