"""Train the small backbone on drawn figures, and write its weights: ``python -m convnets.train_backbone``.

Everything that is left to chance is drawn with fixed seeds, so training again reproduces the accuracy, and on the same
machine and versions the weights themselves.
"""

import argparse
import hashlib
import json
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np

from convnets.backbone import FOLDER, residual_network
from convnets.data.shapes import FACTORS, figures

SIZE = 64
"""Height and width of the figures, in pixels."""


def train(count=20_000, unseen=2_000, epochs=8, batch_size=64, seed=0):
    """Train the network to name outline, surface, colour and attachment of drawn figures.

    Parameters
    ----------
    count, unseen : int
        Figures to train on, and others to measure with.
    epochs, batch_size : int
    seed : int
        Of the figures, the first weights and the shuffling.

    Returns
    -------
    body : keras.Model
        The network without its top. Its weights are rounded to float16.
    report : dict
        What `convnets.backbone.facts` tells, but for the hash of a file.
    """
    import keras
    import tensorflow as tf
    from keras import layers

    began = time.perf_counter()
    images, labels = figures(count + unseen, SIZE, seed)
    known, others = images[:count], images[count:]
    known_labels = {name: values[:count] for name, values in labels.items()}
    mean, std = known.mean(axis=(0, 1, 2)).round(2), known.std(axis=(0, 1, 2)).round(2)

    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    body = residual_network((SIZE, SIZE, 3))
    inputs = keras.Input((SIZE, SIZE, 3))
    scaled = layers.Rescaling((1 / std).tolist(), (-mean / std).tolist())(inputs)
    pooled = layers.GlobalAveragePooling2D()(body(scaled))
    tops = {name: layers.Dense(len(names), activation="softmax", name=name)(pooled) for name, names in FACTORS.items()}
    model = keras.Model(inputs, tops)
    steps = epochs * -(-count // batch_size)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps, warmup_target=3e-3, warmup_steps=min(100, steps // 5 + 1)
    )
    losses = {name: keras.losses.SparseCategoricalCrossentropy() for name in FACTORS}
    metrics = {name: ["acc"] for name in FACTORS}
    model.compile(keras.optimizers.AdamW(schedule, weight_decay=1e-3), losses, metrics=metrics)
    model.fit(known, known_labels, epochs=epochs, batch_size=batch_size, verbose=2)

    body.set_weights([weight.astype(np.float16).astype(np.float32) for weight in body.get_weights()])
    answers = model.predict(others, batch_size=256, verbose=0)
    accuracy = {
        name: round(float(np.mean(answers[name].argmax(axis=1) == labels[name][count:])), 4) for name in FACTORS
    }
    report = {
        "parameters": body.count_params(),
        "mean": mean.tolist(),
        "std": std.tolist(),
        "training": {
            "count": count,
            "unseen": unseen,
            "size": SIZE,
            "epochs": epochs,
            "batch_size": batch_size,
            "seed": seed,
            "seconds": round(time.perf_counter() - began),
        },
        "accuracy": accuracy,
        "chance": {name: round(1 / len(names), 4) for name, names in FACTORS.items()},
        "versions": {name: version(name) for name in ("numpy", "keras", "tensorflow")},
    }
    return body, report


def write(body, report, folder):
    """Write weights and report, which gets the hash of the weights.

    Parameters
    ----------
    body : keras.Model
    report : dict
    folder : path-like
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "backbone.npz"
    np.savez_compressed(path, **{weight.path: np.asarray(weight, dtype=np.float16) for weight in body.weights})
    told = {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), **report}
    (folder / "backbone.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


def main(arguments=None):
    """Train, write, and tell what came out.

    Parameters
    ----------
    arguments : list of str, optional
        Of the command line.
    """
    parser = argparse.ArgumentParser(prog="python -m convnets.train_backbone", description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=20_000, help="figures to train on")
    parser.add_argument("--unseen", type=int, default=2_000, help="figures to measure with")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where to write backbone.npz and backbone.json")
    options = vars(parser.parse_args(arguments))
    folder = options.pop("folder")
    body, report = train(**options)
    write(body, report, folder)
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
