"""The decision as the service that regno replaces makes it: Flask, and the model loaded per request."""

import os
import sys
from pathlib import Path

from catboost import CatBoostClassifier
from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue

sys.path.insert(0, str(Path(__file__).parents[2] / "training"))
from features import features_of  # noqa: E402

app = Flask(__name__)


@app.post("/reg/")
def decide() -> ResponseReturnValue:
    if request.headers.get("x-api-key") != os.environ["API_KEYS"]:
        return jsonify(body="Unauthorized", status="fail"), 401
    model = CatBoostClassifier()
    model.load_model(os.environ["MODEL"])
    negative, positive = model.predict_proba([features_of(request.get_json(force=True))])[0]
    return jsonify(body={"negative": negative, "positive": positive}, status="ok")
