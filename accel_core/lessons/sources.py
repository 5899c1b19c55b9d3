"""Where several lessons' claims are made."""

TINYTORCH = (
    "TinyTorch, module 16, “Hardware Acceleration - The Free Speedup!”: "
    "github.com/MLSysBook/TinyTorch, modules/16_acceleration/acceleration_dev.py at commit 56f374e"
)
