"""Where the pictures and the recorded answers lie that come with the app."""

from pathlib import Path

ASSETS = Path(__file__).resolve().parents[2] / "assets"
