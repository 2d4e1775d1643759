"""The same decision as a good FastAPI service makes it: model preloaded, body validated, key checked.

Run by `npm run bench -- --peers` with two uvicorn workers on uvloop and httptools. The route is `async`
because a decision takes a fraction of a millisecond: a thread pool would cost more than it gives.
"""

import os
import secrets
import sys
from pathlib import Path

from catboost import CatBoostClassifier
from fastapi import FastAPI, Header, HTTPException
from pydantic import BaseModel

sys.path.insert(0, str(Path(__file__).parents[2] / "training"))
from features import features_of  # noqa: E402

API_KEY = os.environ["API_KEYS"]
MODEL = CatBoostClassifier()
MODEL.load_model(os.environ["MODEL"])

app = FastAPI()


class Reading(BaseModel):
    regno_recognize: str
    afts_regno_ai: str
    recognition_accuracy: float
    afts_regno_ai_score: float
    afts_regno_ai_char_scores: str | list[float]
    afts_regno_ai_length_scores: str | list[float]
    camera_type: str
    camera_class: str
    time_check: str
    direction: float


@app.post("/reg/")
async def decide(reading: Reading, x_api_key: str = Header()) -> dict[str, object]:
    if not secrets.compare_digest(x_api_key, API_KEY):
        raise HTTPException(401)
    negative, positive = MODEL.predict_proba(
        [features_of(reading.model_dump())], thread_count=1
    )[0]
    return {"body": {"negative": negative, "positive": positive}, "status": "ok"}
