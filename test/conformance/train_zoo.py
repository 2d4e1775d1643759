"""Trains small CatBoost models of many kinds and writes CatBoost's own answers for odd rows.

    python train_zoo.py OUT_FOLDER

For each model OUT_FOLDER/<name>/ gets model.cbm and rows.ndjson, one JSON object a line:
{"row": flat feature values, "raw": [...], "probabilities": [...], "class": ...}. Where a model has
no classes, "probabilities" is what predict() gives, and "class" is null. Numbers that JSON cannot
write are the strings "NaN", "Infinity", "-Infinity". OUT_FOLDER/zoo.json lists the models with what
each must contain ("has"), so that a model which lost the kind of feature it stands for is noticed,
and with its labels as Python prints them ("classes").
"""

import json
import math
import pathlib
import sys
import tempfile

import catboost
import numpy as np

from zoo_losses import define_left_out, define_losses

TRAINING_ROWS = 700
TEST_ROWS = 500
WORDS = ["A", "B", "C", "D", "E", "F", "Ж", "Щ", "🚗", "longer-word", "0", "7"]
CITIES = ["Moscow", "Казань", "Omsk", "", " padded", "北京", "Perm", "Орёл", "a" * 70]
COLOURS = ["red", "green", "blue"]
SHAPES = ["round", "square"]


class Data:
    """Columns of made-up data, with a target that depends on all of them."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.kinds, self.names, self.columns, self.score = [], [], [], np.zeros(TRAINING_ROWS)

    def add(self, kind, values, effect):
        self.kinds.append(kind)
        self.names.append(f"{kind}-{len(self.names)}")
        self.columns.append(list(values))
        self.score = self.score + effect
        return self

    def floats(self, count, missing=0.0, distinct=None):
        for _ in range(count):
            values = self.rng.normal(size=TRAINING_ROWS)
            if distinct is not None:
                values = np.round(values * distinct) / distinct
            effect = np.sin(values * 2) + values
            values = np.where(self.rng.random(TRAINING_ROWS) < missing, np.nan, values)
            self.add("float", values, np.where(np.isnan(values), 1.5, effect))
        return self

    def category(self, choices):
        picks = self.rng.integers(len(choices), size=TRAINING_ROWS)
        effects = self.rng.normal(size=len(choices)) * 1.5
        return self.add("categorical", [choices[i] for i in picks], effects[picks])

    def interaction(self, *columns):
        """Makes the target depend on what given categorical columns say together."""
        effects = {}
        for row in range(TRAINING_ROWS):
            key = tuple(self.columns[column][row] for column in columns)
            effects.setdefault(key, self.rng.normal() * 2.5)
            self.score[row] += effects[key]
        return self

    def threshold_interaction(self, category, number):
        """Makes a category mean something else above a threshold of a number."""
        effects = {}
        for row in range(TRAINING_ROWS):
            key = (self.columns[category][row], self.columns[number][row] > 0.3)
            effects.setdefault(key, self.rng.normal() * 3)
            self.score[row] += effects[key]
        return self

    def text(self, words=WORDS, longest=9):
        texts, effect = [], np.zeros(TRAINING_ROWS)
        for row in range(TRAINING_ROWS):
            tokens = [words[i] for i in self.rng.integers(len(words), size=self.rng.integers(longest))]
            effect[row] = ("A" in tokens) * 2 - ("B C" in " ".join(tokens)) * 3 + ("D" in tokens)
            texts.append(" ".join(tokens))
        return self.add("text", texts, effect)

    def rows(self):
        return [list(row) for row in zip(*self.columns)]

    def binary(self):
        noisy = self.score + self.rng.normal(size=TRAINING_ROWS) * 0.5
        return (noisy > np.median(noisy)).astype(int)

    def classes(self, count):
        noisy = self.score + self.rng.normal(size=TRAINING_ROWS) * 0.5
        return np.digitize(noisy, np.quantile(noisy, np.arange(1, count) / count))


def text_options(dictionaries, calcers=("BoW",)):
    names = [d["dictionary_id"] for d in dictionaries]
    return {
        "tokenizers": [{"tokenizer_id": "Space", "separator_type": "ByDelimiter", "delimiter": " "}],
        "dictionaries": [{"occurrence_lower_bound": "1", **d} for d in dictionaries],
        "feature_processing": {
            "default": [
                {
                    "dictionaries_names": names,
                    "feature_calcers": list(calcers),
                    "tokenizers_names": ["Space"],
                }
            ]
        },
    }


def grams(order, skip=0):
    name = f"{order}-gram-{skip}"
    return {"dictionary_id": name, "gram_order": str(order), "skip_step": str(skip)}


def define_zoo():
    """Yields (name, what it must have, data, target, options, what to do after training)."""
    base = {"iterations": 25, "depth": 4, "learning_rate": 0.3}

    def floats(seed, **missing):
        return Data(seed).floats(5, **missing)

    data = floats(1)
    yield "floats", ["float"], data, data.binary(), base, None
    for mode, above in (("Min", []), ("Max", ["missing-above"])):
        data = floats(2, missing=0.2)
        options = {**base, "nan_mode": mode}
        yield f"nan-{mode.lower()}", ["float", *above], data, data.binary(), options, None
    data = floats(3)
    yield "nan-forbidden", ["float"], data, data.binary(), {**base, "nan_mode": "Forbidden"}, None
    data = Data(4).floats(2)
    options = {**base, "border_count": 1000, "iterations": 200, "depth": 6}
    yield "many-borders", ["borders>254"], data, data.binary(), options, None
    data = Data(5).floats(1).category([f"value {i}" for i in range(200)]).category(COLOURS)
    options = {**base, "one_hot_max_size": 255, "iterations": 150}
    yield "one-hot-200", ["one-hot"], data, data.binary(), options, None

    def categories(seed):
        return Data(seed).floats(2).category(CITIES).category([str(i) for i in range(30)])

    # "one-hot" needs a feature of few values; others become target statistics.
    ctr = {**base, "one_hot_max_size": 1, "max_ctr_complexity": 1}
    for seed, kind in enumerate(["Borders", "Buckets", "BinarizedTargetMeanValue", "Counter"], 6):
        data = categories(seed)
        options = {**ctr, "simple_ctr": [f"{kind}:Prior=0/1:Prior=0.5/1:Prior=1/1"]}
        yield f"ctr-{kind.lower()}", ["ctr"], data, data.binary(), options, None
    data = categories(10)
    options = {**ctr, "simple_ctr": ["Borders:TargetBorderCount=3", "Buckets:TargetBorderCount=2"]}
    options["loss_function"] = "RMSE"
    yield "ctr-target-borders", ["ctr"], data, data.score, options, None
    data = categories(11)
    data.columns[3] = list(data.columns[2])
    yield "ctr-same-values", ["ctr"], data, data.binary(), ctr, None

    data = Data(12).category([True, False]).category([0, 1, -7, 10**12]).floats(1)
    yield "categories-not-text", ["ctr"], data, data.binary(), ctr, None
    options = {**base, "one_hot_max_size": 5}
    yield "one-hot-not-text", ["one-hot"], data, data.binary(), options, None

    combined = {**base, "one_hot_max_size": 1, "max_ctr_complexity": 3, "iterations": 60}
    data = Data(12).category(CITIES).category(COLOURS).category(SHAPES).floats(1)
    data = data.interaction(0, 1).interaction(0, 1, 2)
    yield "combinations", ["combination"], data, data.binary(), combined, None
    data = Data(13).category(CITIES).floats(2, missing=0.1).category(COLOURS)
    data = data.threshold_interaction(0, 1).interaction(0, 3)
    options = {**combined, "nan_mode": "Max", "depth": 6}
    yield "combinations-floats", ["float-condition"], data, data.binary(), options, None
    data = Data(14).category(CITIES).category(COLOURS).category(SHAPES).floats(1)
    data = data.interaction(0, 1).interaction(0, 2)
    options = {**combined, "one_hot_max_size": 3, "depth": 6}
    yield "combinations-one-hot", ["one-hot-condition"], data, data.binary(), options, None
    # CatBoost looks a one-hot condition up among the wrong bins where text features are about.
    for name, calcers, texts, has in (
        ("words", ["BoW"], 1, "token-condition"),
        ("bayes", ["NaiveBayes"], 2, "bayes-condition"),
    ):
        data = Data(15).category(CITIES).category(COLOURS).category(SHAPES).floats(1)
        for _ in range(texts):
            data = data.text()
        data = data.interaction(0, 1).interaction(0, 2)
        options = {**combined, "one_hot_max_size": 3, "depth": 6}
        options["text_processing"] = text_options([grams(1)], calcers)
        yield f"combinations-{name}-quirk", [has], data, data.binary(), options, None

    text = {**base, "iterations": 80}
    data = Data(16).text().floats(1)
    options = {**text, "text_processing": text_options([grams(1), grams(2), grams(3)])}
    yield "text-grams", ["token", "gram-3"], data, data.binary(), options, None
    data = Data(17).text(longest=14).floats(1)
    options = {**text, "text_processing": text_options([grams(2, 1), grams(3, 1), grams(2, 2)])}
    yield "text-skip-grams", ["skip"], data, data.binary(), options, None
    data = Data(18).text([*WORDS, *(f"rare{i}" for i in range(400))], longest=6).text()
    options = {**text, "text_processing": text_options([grams(1)], ["NaiveBayes"])}
    yield "bayes-unseen", ["bayes", "bayes-unseen"], data, data.binary(), options, None
    data = Data(19).text().text().floats(1).category(CITIES)
    options = {**text, "text_processing": text_options([grams(1)], ["NaiveBayes", "BoW"])}
    yield "bayes-and-words", ["bayes", "token"], data, data.binary(), options, None
    data = Data(20).text().text().floats(1)
    options = {**text, "loss_function": "MultiClass"}
    options["text_processing"] = text_options([grams(1), grams(2)], ["NaiveBayes", "BoW"])
    yield "bayes-three-classes", ["bayes", "multiclass"], data, data.classes(3), options, None

    data = categories(21)
    options = {**base, "loss_function": "MultiClass"}
    yield "softmax", ["multiclass", "ctr"], data, data.classes(3), options, None
    options = {**base, "loss_function": "MultiClassOneVsAll"}
    yield "one-vs-all", ["multiclass"], data, data.classes(4), options, None
    options = {**base, "loss_function": "RMSE"}
    yield "regression", ["bias"], data, data.score, options, None
    data = floats(22)

    def rescale(model):
        model.set_scale_and_bias(1.7, -0.3)

    yield "scale-and-bias", ["bias", "scale"], data, data.binary(), base, rescale
    yield "depth-1", ["float"], data, data.binary(), {**base, "depth": 1}, None
    options = {**base, "depth": 16, "iterations": 3}
    yield "depth-16", ["depth-16"], data, data.binary(), options, None
    yield "one-tree", ["one-tree"], data, data.binary(), {**base, "iterations": 1}, None

    # Trees of single nodes instead of levels, with every kind of split.
    for policy, grow in (
        ("lossguide", {"grow_policy": "Lossguide", "max_leaves": 24, "depth": 9}),
        ("depthwise", {"grow_policy": "Depthwise", "depth": 5}),
    ):
        mixed = {**combined, **grow, "one_hot_max_size": 3, "nan_mode": "Max"}
        data = Data(24).category(CITIES).category(COLOURS).category(SHAPES).floats(2, missing=0.1)
        data = data.interaction(0, 1).threshold_interaction(0, 3).text().text()
        options = {**mixed, "text_processing": text_options([grams(1), grams(2)], ["NaiveBayes", "BoW"])}
        has = ["nodes", "ctr", "one-hot", "token", "bayes", "missing-above"]
        yield f"{policy}-mixed", has, data, data.binary(), options, None
        options = {**options, "loss_function": "MultiClass"}
        yield f"{policy}-classes", ["nodes", "multiclass"], data, data.classes(3), options, None
        data = floats(25)
        options = {**base, **grow, "loss_function": "RMSE"}
        yield f"{policy}-regression", ["nodes", "bias"], data, data.score, options, None
        options = {**base, **grow, "min_data_in_leaf": TRAINING_ROWS}
        yield f"{policy}-stays", ["no-columns"], data, data.binary(), options, None
    options = {**base, "grow_policy": "Lossguide", "max_leaves": 2, "depth": 16}
    yield "lossguide-stumps", ["nodes"], data, data.binary(), options, rescale
    options = {**base, "grow_policy": "Lossguide", "max_leaves": 400, "depth": 16}
    yield "lossguide-deep", ["nodes"], data, data.binary(), options, None

    def import_onnx(model):
        with tempfile.TemporaryDirectory() as folder:
            model.save_model(f"{folder}/model.onnx", format="onnx")
            return catboost.CatBoostRegressor().load_model(f"{folder}/model.onnx", format="onnx")

    options = {**base, "loss_function": "RMSE"}
    yield "imported-from-onnx", ["nodes"], data, data.score, options, import_onnx

    def add_itself(model):
        return catboost.sum_models([model, model], weights=[0.5, 2.0])

    options = {**options, "grow_policy": "Depthwise"}
    yield "nodes-summed", ["nodes", "bias"], data, data.score, options, add_itself

    def weigh(pool):
        pool.set_weight(np.linspace(0.1, 3, TRAINING_ROWS))

    yield "weights", ["float"], data, data.binary(), {**base, "before": weigh}, None
    data = Data(23).floats(2).category(CITIES)
    options = {**base, "loss_function": "RMSE", "bootstrap_type": "No", "allow_const_label": True}
    yield "constant", ["bias", "no-columns"], data, np.full(TRAINING_ROWS, 3.25), options, None
    data = Data(70).floats(3, missing=0.1).category(COLOURS)

    def add_classifier(trained):
        other = catboost.CatBoostClassifier(iterations=9, allow_writing_files=False, verbose=0)
        other.fit(make_pool(data, data.rows(), data.binary()))
        return catboost.sum_models([trained, other], weights=[0.5, 2])

    yield "sum-same-loss", ["sigmoid"], data, data.binary(), base, add_classifier
    options = {**base, "loss_function": "RMSE"}
    yield "sum-of-losses", ["warned"], data, data.score, options, add_classifier
    yield from define_losses(Data, TRAINING_ROWS)
    yield from define_left_out(Data, text_options, TRAINING_ROWS)


def odd_rows(data, model, rng):
    """Rows like the training's, with odd values strewn in."""
    borders = model.get_borders() if "float" in data.kinds else {}
    source = data.rows()
    rows = []
    for _ in range(TEST_ROWS):
        row = list(source[rng.integers(len(source))])
        for position, kind in enumerate(data.kinds):
            if rng.random() < 0.35:
                row[position] = odd_value(kind, row, borders.get(position, []), rng)
        rows.append(row)
    return rows


def odd_value(kind, row, borders, rng):
    if kind == "categorical":
        same_kind = [value for value in row if isinstance(value, str)]
        choices = ["never seen", "", "red", "Red", "1", " ", "None", *CITIES, *COLOURS, *same_kind]
        return choices[rng.integers(len(choices))]
    if kind == "text":
        choices = ["", " ", "   ", "unknown words only", "A  A   A", "B C B C", "\tA", "A\u00a0B", "a"]
        if rng.random() < 0.3:
            return choices[rng.integers(len(choices))]
        words = [*WORDS, "unknown"]
        return " ".join(words[i] for i in rng.integers(len(words), size=rng.integers(1, 40)))
    if len(borders) > 0 and rng.random() < 0.6:
        border = np.float32(borders[rng.integers(len(borders))])
        near = [border, np.nextafter(border, np.float32(9)), np.nextafter(border, np.float32(-9))]
        # The middle of two f32 numbers rounds to the even one.
        near.append((float(border) + float(near[1])) / 2)
        return float(near[rng.integers(len(near))])
    choices = [math.nan, math.inf, -math.inf, 0.0, -0.0, 1e39, -1e39, 1e-46, 5e-324, 1e308]
    return choices[rng.integers(len(choices))]


def json_value(value):
    if isinstance(value, (str, bool, int)):
        return value
    value = float(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def make_pool(data, rows, target=None):
    def positions(kind):
        return [i for i, k in enumerate(data.kinds) if k == kind]

    return catboost.Pool(
        rows,
        target,
        cat_features=positions("categorical"),
        text_features=positions("text"),
        feature_names=data.names,
    )


def as_rows(values, count):
    return np.asarray(values, dtype=float).reshape(count, -1)


CLASSIFIER_LOSSES = (
    *("Logloss", "CrossEntropy", "Focal"),
    *("MultiClass", "MultiClassOneVsAll", "MultiLogloss", "MultiCrossEntropy"),
)
RANKER_LOSSES = (
    *("YetiRank", "YetiRankPairwise", "LambdaMart", "StochasticRank", "StochasticFilter"),
    *("QueryRMSE", "QuerySoftMax", "PairLogit", "PairLogitPairwise", "GroupQuantile"),
)


def model_kind(loss):
    name = loss.split(":")[0] if isinstance(loss, str) else "custom"
    if name in CLASSIFIER_LOSSES:
        return catboost.CatBoostClassifier
    if name in RANKER_LOSSES or name == "Cox":
        return catboost.CatBoost
    return catboost.CatBoostRegressor


def train(folder, name, data, target, options, after, seed):
    options = dict(options)
    before = options.pop("before", None)
    loss = options.setdefault("loss_function", "Logloss")
    settings = {"thread_count": 2, "random_seed": seed, "allow_writing_files": False, "verbose": 0}
    kind = model_kind(loss)
    model = kind({**settings, **options}) if kind is catboost.CatBoost else kind(**settings, **options)
    pool = make_pool(data, data.rows(), target)
    if before:
        before(pool)
    model.fit(pool)
    if after:
        model = after(model) or model

    folder.mkdir(parents=True, exist_ok=True)
    model.save_model(str(folder / "model.cbm"), format="cbm")
    # The file is what is compared, not the model in memory.
    model = kind().load_model(str(folder / "model.cbm"), format="cbm")
    rows = odd_rows(data, model, np.random.default_rng(seed + 1000))
    test = make_pool(data, rows)
    raw = as_rows(model.predict(test, prediction_type="RawFormulaVal"), len(rows))
    labels, chosen = [], [None] * len(rows)
    if kind is catboost.CatBoostClassifier:
        probabilities = as_rows(model.predict(test, prediction_type="Probability"), len(rows))
        labels = model.classes_.tolist()
        chosen = np.asarray(model.predict(test, prediction_type="Class")).tolist()
    else:
        probabilities = as_rows(model.predict(test), len(rows))
    with open(folder / "rows.ndjson", "w", encoding="utf-8") as file:
        for row, raw_row, row_probabilities, label in zip(rows, raw, probabilities, chosen):
            record = {
                "row": [json_value(value) for value in row],
                "raw": [json_value(value) for value in raw_row],
                "probabilities": [json_value(value) for value in row_probabilities],
                "class": class_value(label),
            }
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
    return [str(label) for label in labels]


def class_value(label):
    """A label as Python prints it; of several labels that apply or not a list of these."""
    if isinstance(label, list):
        return str(label[0]) if len(label) == 1 else [str(value) for value in label]
    return None if label is None else str(label)


def main(out):
    zoo = []
    for seed, (name, has, data, target, options, after) in enumerate(define_zoo()):
        classes = train(out / name, name, data, target, options, after, seed)
        zoo.append({"name": name, "has": has, "classes": classes})
        print(name, flush=True)
    (out / "zoo.json").write_text(json.dumps(zoo), encoding="utf-8")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
