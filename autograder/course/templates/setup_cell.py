# Run this cell first. On Colab and Kaggle it fetches what the notebook imports; elsewhere it does nothing.
import importlib.util
import os
import subprocess
import sys

course = "git+REPOSITORY@BRANCH"
hosted = {"COLAB_RELEASE_TAG", "KAGGLE_KERNEL_RUN_TYPE"} & os.environ.keys()
if importlib.util.find_spec("convnets") is None:
    if not hosted:
        raise SystemExit(f'The package "convnets" is missing. Install it with:  pip install "{course}"')
    command = [sys.executable, "-m", "pip", "install", "--no-deps", "--quiet", course]
    if subprocess.run(command).returncode != 0:
        mend = "Switch the internet on (Kaggle: Settings), or wait a minute. Then run this cell again."
        raise SystemExit(f"Cannot reach {course}. {mend} If that does not help, ask your instructor.")
import convnets.colab

if hosted:
    convnets.colab.welcome(gpu="NEEDS_GPU")
