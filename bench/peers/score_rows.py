"""Bulk scoring as CatBoost's own Python does it, one thread, for `npm run bench:rows`.

`score_rows.py MODEL ROWS`: ROWS holds one JSON reading per line. Each line on standard input asks
for a round; the answer is one line of JSON: microseconds per row from lists of features (`lists`)
and from JSON text (`text`), and the sum of the positive probabilities.
"""

import json
import sys
import time
from pathlib import Path

from catboost import CatBoostClassifier

sys.path.insert(0, str(Path(__file__).parents[2] / "training"))
from features import features_of  # noqa: E402

model = CatBoostClassifier()
model.load_model(sys.argv[1])
texts = Path(sys.argv[2]).read_text(encoding="utf-8").splitlines()
rows = [features_of(json.loads(text)) for text in texts]

for _ in sys.stdin:
    started = time.perf_counter()
    scores = model.predict_proba(rows, thread_count=1)
    from_lists = time.perf_counter() - started
    started = time.perf_counter()
    model.predict_proba([features_of(json.loads(text)) for text in texts], thread_count=1)
    from_text = time.perf_counter() - started
    figures = {
        "lists": from_lists * 1e6 / len(rows),
        "text": from_text * 1e6 / len(rows),
        "sum": float(scores[:, 1].sum()),
    }
    print(json.dumps(figures), flush=True)
