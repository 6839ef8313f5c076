# Run this cell first. On Colab and Kaggle it fetches what the notebook imports; elsewhere it does nothing.
import importlib.util
import os
import subprocess
import sys

wanted = {"convnets": "git+REPOSITORY@BRANCH"}
hosted = {"COLAB_RELEASE_TAG", "KAGGLE_KERNEL_RUN_TYPE"} & os.environ.keys()
missing = [source for name, source in wanted.items() if importlib.util.find_spec(name) is None]
if missing:
    if not hosted:
        packages = '" "'.join(missing)
        raise SystemExit(f'Something of the course is missing. Install it with:  pip install "{packages}"')
    command = [sys.executable, "-m", "pip", "install", "--no-deps", "--quiet", *missing]
    if subprocess.run(command).returncode != 0:
        mend = "Switch the internet on (Kaggle: Settings), or wait a minute. Then run this cell again."
        raise SystemExit(f"Cannot reach {' or '.join(missing)}. {mend} If that does not help, ask your instructor.")
import convnets.colab

if hosted:
    convnets.colab.welcome(gpu="NEEDS_GPU")
