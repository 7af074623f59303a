"""The same by the naive pipeline: bs4, parseToNode, and scikit-learn's filter as joblib stored it."""

import sys
from pathlib import Path

import joblib

if __name__ == "__main__":
    pipeline = joblib.load(Path(sys.argv[1]) / "pipeline.joblib")
    html = sys.stdin.buffer.read().decode().replace("\0", "\n")
    sys.stdout.write(f"{pipeline.predict_proba([html])[0][1]}\n")
    sys.stdout.flush()
