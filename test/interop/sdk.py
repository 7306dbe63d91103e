"""Starts a session with the SDK of pipecatcloud and prints what it got: python sdk.py AGENT PUBLIC_KEY JSON."""

import asyncio
import json
import sys

from pipecatcloud.exception import AgentStartError
from pipecatcloud.session import Session, SessionParams


async def main(agent, key, data):
    try:
        got = await Session(agent, key, SessionParams(data=json.loads(data))).start()
    except AgentStartError as error:
        got = {"refused": str(error)}
    print(json.dumps(got))


asyncio.run(main(*sys.argv[1:]))
