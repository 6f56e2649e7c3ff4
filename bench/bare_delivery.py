"""The yardstick of delivery: bare Flask routes that return the same bytes, read from a file the benchmark writes."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

from flask import Flask, Response

app = Flask(__name__)
ANSWERS = {
    name: (status, {key: value for key, value in headers.items() if key != "Content-Length"}, base64.b64decode(body))
    for name, (status, headers, body) in json.loads(Path(os.environ["BENCH_ANSWERS"]).read_text()).items()
}


@app.get("/health")
def health() -> str:
    return "ok"


@app.route("/d/decision", methods=["GET", "POST"])
def decision() -> Response:
    return answer("decision")


@app.get("/d/i/<token>.gif")
def impression(token: str) -> Response:  # noqa: ARG001
    return answer("impression")


@app.get("/d/c/<token>")
def click(token: str) -> Response:  # noqa: ARG001
    return answer("click")


def answer(name: str) -> Response:
    status, headers, body = ANSWERS[name]
    return Response(body, status, headers)
