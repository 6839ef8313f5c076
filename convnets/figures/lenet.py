"""LeNet-5 as chapter 4 builds and trains it, for those who want one without the chapter."""


def build():
    """Build LeNet-5, with random weights.

    Returns
    -------
    keras.Sequential
        Compiled; from images of 28 × 28 × 1 with values 0…1 to ten probabilities.

    References
    ----------
    LeCun, Bottou, Bengio, Haffner: Gradient-based learning applied to document recognition. 1998.
    """
    import keras
    from keras import layers

    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(6, 5, padding="same", activation="tanh", name="C1"),
            layers.AveragePooling2D(2, name="S2"),
            layers.Conv2D(16, 5, activation="tanh", name="C3"),
            layers.AveragePooling2D(2, name="S4"),
            layers.Flatten(name="flatten"),
            layers.Dense(120, activation="tanh", name="C5"),
            layers.Dense(84, activation="tanh", name="F6"),
            layers.Dense(10, activation="softmax", name="output"),
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["acc"])
    return model


def trained(epochs=15):
    """Train LeNet-5 on the 4,000 digits that chapter 4 trains it on.

    Parameters
    ----------
    epochs : int

    Returns
    -------
    keras.Sequential
    """
    import keras

    from convnets.data.images import digits

    (images, labels), _ = digits(train=4000, seed=4)
    keras.utils.set_random_seed(1)
    model = build()
    model.fit(images, labels, epochs=epochs, batch_size=64, verbose=0)
    return model
