"""The body of a session behind Hookswitch, whatever its size: a dial's `?body=` has no room for more than 4,096 bytes."""

import asyncio
import json
from urllib.request import Request, urlopen


async def session_body(websocket):
    """The JSON that was given to /start, or None. `websocket`: of FastAPI or Starlette, while the call lives."""
    url, credential = map(websocket.headers.get, ("x-session-body-url", "x-session-credential"))
    request = url and Request(url, headers={"Authorization": f"Bearer {credential}"})
    return json.loads(await asyncio.to_thread(lambda: urlopen(request, timeout=10).read())) if url else None
