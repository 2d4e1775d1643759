"""The part of the zoo that has a model for each loss function and each kind of labels."""

import numpy as np

BASE = {"iterations": 20, "depth": 3, "learning_rate": 0.2}


def define_losses(Data, count):
    """Yields what define_zoo() of train_zoo.py does. `count` is the number of training rows."""
    # Each loss that gives several outputs or another link than the raw value has a model that says so.
    data = Data(40).floats(3, missing=0.1).category(["red", "green", "blue"])
    positive = np.abs(data.score) + 0.1
    two = np.stack([data.score, data.columns[0]], 1)
    two[np.isnan(two)] = 0
    groups = np.arange(count) // 7
    better, worse = np.arange(0, count - 1, 7), np.arange(1, count, 7)[: len(range(0, count - 1, 7))]

    def grouped(pool):
        pool.set_group_id(groups)

    def paired(pool):
        grouped(pool)
        pool.set_pairs(list(zip(better.tolist(), worse.tolist())))

    def model(loss, target, has, name=None, **options):
        name = name or loss.split(":")[0].lower()
        return f"loss-{name}", has, data, target, {**BASE, "loss_function": loss, **options}, None

    score, labels = data.score, data.binary()
    ranks = data.classes(4)
    relevance = ranks / 3
    for loss in ("MAE", "MAPE", "Quantile:alpha=0.8", "Expectile:alpha=0.3", "Lq:q=2.5"):
        yield model(loss, positive, ["raw"])
    for loss in ("Huber:delta=1", "LogCosh", "RMSPE"):
        yield model(loss, positive, ["raw"], bootstrap_type="No")
    yield model("LogLinQuantile:alpha=0.4", positive, ["raw"])
    yield model("GroupQuantile:alpha=0.4", score, ["raw"], before=grouped)
    yield model("MultiQuantile:alpha=0.2,0.5,0.9", score, ["raw", "multiclass"])
    yield model("MultiRMSE", two, ["raw"])
    missing = np.where(np.arange(2 * count).reshape(count, 2) % 5 == 0, np.nan, two)
    yield model("MultiRMSEWithMissingValues", missing, ["raw"])
    yield model("Poisson", np.round(positive), ["exponent"])
    yield model("Tweedie:variance_power=1.5", positive, ["exponent"])
    yield model("RMSEWithUncertainty", score, ["mean-and-variance"])
    aft = np.stack([positive, np.where(np.arange(count) % 4 == 0, -1, positive + 1)], 1)
    yield model("SurvivalAft:dist=Normal;scale=1.2", aft, ["raw"])
    yield model("Cox", np.where(np.arange(count) % 4 == 0, -positive, positive), ["raw"])
    for loss in ("YetiRank", "YetiRankPairwise", "LambdaMart:metric=NDCG", "StochasticRank:metric=DCG"):
        yield model(loss, relevance, ["raw"], before=grouped)
    for loss in ("QueryRMSE", "QuerySoftMax", "StochasticFilter"):
        yield model(loss, ranks if loss == "QueryRMSE" else labels, ["raw"], before=grouped)
    for loss in ("PairLogit", "PairLogitPairwise"):
        yield model(loss, ranks, ["raw"], before=paired)
    yield model(Squared(), score, ["raw"], "custom", eval_metric="RMSE", leaf_estimation_method="Gradient")

    yield model("CrossEntropy", relevance, ["sigmoid"])
    yield model("Focal:focal_alpha=0.4;focal_gamma=1.5", labels, ["sigmoid"])
    yield model("Logloss", score, ["sigmoid"], "target-border", target_border=0.5)
    many = np.stack([ranks > 0, ranks > 1, ranks > 2], 1).astype(int)
    for loss, target in (("MultiLogloss", many), ("MultiCrossEntropy", many * 0.7)):
        yield model(loss, target, ["one-vs-all", "labels integer"])
        yield model(loss, target[:, 1:2], ["sigmoid"], f"{loss.lower()}-one-label")
    names = ["low", "middle", "high"]
    yield model("MultiLogloss", many, ["labels string"], "multilogloss-names", class_names=names)

    # Labels: CatBoost tells 1, 1.0, True and "1" apart.
    kinds = {
        "integer": [-1, 1],
        "float": [0.0, 1.0],
        "float-odd": [1e-7, 1e20],
        "boolean": [False, True],
        "string": ["0", "1"],
    }
    for name, values in kinds.items():
        target = [values[label] for label in labels]
        yield model("Logloss", target, [f"labels {name.split('-')[0]}"], f"labels-{name}")
    target = [[0.0, 1.5, 3.0, 1e17][rank] for rank in ranks]
    yield model("MultiClass", target, ["labels float"], "labels-floats")

    # Classes that training never saw have a column in CatBoost's answers.
    seen = ["ac"[label] for label in labels]
    for loss in ("MultiClass", "MultiClassOneVsAll"):
        options = {"class_names": ["a", "b", "c", "d"]}
        yield model(loss, seen, ["padded"], f"unseen-{loss.lower()}", **options)
    numbers = [3 * label for label in labels]
    yield model("MultiClass", numbers, ["padded"], "unseen-count", classes_count=5)
    weights = {"a": 1.0, "b": 2.0, "c": 0.5}
    yield model("MultiClass", seen, ["padded"], "unseen-weight", class_weights=weights)
    three = ["zxy"[min(rank, 2)] for rank in ranks]
    yield model("MultiClass", three, ["padded"], "unseen-order", class_names=["y", "q", "x", "z"])

    def threshold(probability):
        return lambda trained: trained.set_probability_threshold(probability)

    for value in (0.15, 0.83):
        name, has, *rest, _ = model("Logloss", labels, ["threshold"], f"threshold-{value}")
        yield name, has, *rest, threshold(value)


def define_left_out(Data, text_options, count):
    """Models that lost features which their trees do not ask, as those of CatBoost 0.x."""

    def drop(trained):
        trained.drop_unused_features()

    options = {**BASE, "one_hot_max_size": 2, "max_ctr_complexity": 3}
    data = Data(60).add("float", [1.0] * count, 0).floats(2, missing=0.1)
    options = {**options, "loss_function": "RMSE"}
    yield "left-out-constant", ["positions", "float"], data, data.score, options, drop

    # Of each kind the first feature is dull, so the numbers of the others have gaps.
    data = Data(61).add("float", [0.5] * count, 0).floats(2)
    data = data.add("categorical", ["same"] * count, 0).category(["Omsk", "Perm", "Tver", "Ufa"])
    data = data.add("float", [7.0] * count, 0).floats(1).category(["round", "square"])
    data = data.add("text", ["same words"] * count, 0).text().floats(1)
    data = data.interaction(4, 7)
    text = text_options([{"dictionary_id": "words", "gram_order": "1"}], ["BoW", "NaiveBayes"])
    options = {**BASE, "one_hot_max_size": 2, "max_ctr_complexity": 3, "iterations": 60, "depth": 5}
    options["text_processing"] = text
    kinds = ["positions", "one-hot", "ctr", "token"]
    yield "left-out-kinds", kinds, data, data.binary(), options, drop
    data = Data(13).add("float", [1.0] * count, 0).add("categorical", ["same"] * count, 0)
    data = data.category(["Omsk", "Perm", "Tver", "", "a", "b", "c", "d", "e"]).floats(2, missing=0.1)
    data = data.category(["red", "green", "blue"]).threshold_interaction(2, 3).interaction(2, 5)
    options = {**BASE, "one_hot_max_size": 1, "max_ctr_complexity": 3, "iterations": 60}
    options = {**options, "nan_mode": "Max", "depth": 6}
    kinds = ["positions", "combination", "float-condition"]
    yield "left-out-conditions", kinds, data, data.binary(), options, drop


class Squared:
    """Squared error as an objective of one's own."""

    def calc_ders_range(self, approxes, targets, weights):
        return [(target - approx, -1.0) for approx, target in zip(approxes, targets)]
