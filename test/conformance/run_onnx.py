"""Runs compiled models in Python's onnxruntime on tensors that the test has written.

    python run_onnx.py FOLDER

FOLDER/zoo.json lists the models. FOLDER/<name>/ holds model.onnx, inputs.json (input name -> type,
dims, file) and gets raw.f64 and probabilities.f64, the outputs as little-endian doubles.
"""

import json
import pathlib
import sys

import numpy as np
import onnxruntime


def run(folder):
    options = onnxruntime.SessionOptions()
    # One thread, as in the service: the order in which leaves are added depends on it.
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
    )
    inputs = json.loads((folder / "inputs.json").read_text(encoding="utf-8"))
    feeds = {
        name: np.fromfile(folder / about["file"], dtype=about["type"]).reshape(about["dims"])
        for name, about in inputs.items()
    }
    names = [output.name for output in session.get_outputs()]
    for name, values in zip(names, session.run(names, feeds)):
        values.astype("<f8").tofile(folder / f"{name}.f64")


if __name__ == "__main__":
    root = pathlib.Path(sys.argv[1])
    for model in json.loads((root / "zoo.json").read_text(encoding="utf-8")):
        run(root / model["name"])
