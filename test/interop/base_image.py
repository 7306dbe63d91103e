"""`/ws` as the images dailyco/pipecat-base serve it: session id from the header, body from the query, then `bot(args)`.

After handle_websocket() of pipecat-base/app.py in https://github.com/daily-co/pipecat-cloud-images at commit
cd45be530ee37e30206ae85c6aef4e6c5d27ee68 (16 April 2026, read 2026-11-21), with pipecatcloud's own arguments.
"""

import base64
import json
import sys
from typing import Annotated

import uvicorn
from bot import bot
from fastapi import FastAPI, Header, Query, WebSocket
from fastapi.websockets import WebSocketState
from pipecatcloud.agent import WebSocketSessionArguments

app = FastAPI()


@app.get("/readyz")
def ready():
    return {"status": "ok"}


@app.websocket("/ws")
async def websocket(
    ws: WebSocket, x_daily_session_id: Annotated[str | None, Header()] = None, body: str = Query(None)
):
    await ws.accept()
    decoded = json.loads(base64.b64decode(body)) if body else None
    await bot(WebSocketSessionArguments(session_id=x_daily_session_id, websocket=ws, body=decoded))
    if ws.state == WebSocketState.CONNECTED:
        await ws.close()


uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
