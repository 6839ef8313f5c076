# @title Run this cell first
# On Colab and Kaggle it fetches what the notebook imports; elsewhere it says what is missing.
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
        mend = f'Install it in a terminal with:  pip install "{packages}"  and restart the kernel.'
        raise SystemExit(f"The notebook needs what is not installed here. {mend}")
    command = [sys.executable, "-m", "pip", "install", "--no-deps", "--quiet", *missing]
    if subprocess.run(command).returncode != 0:
        mend = "Switch the internet on (Kaggle: Settings), or wait a minute. Then run this cell again."
        raise SystemExit(f"Cannot reach {' or '.join(missing)}. {mend} If that does not help, ask your instructor.")
import convnets.colab

if hosted:
    convnets.colab.welcome(gpu="NEEDS_GPU")
