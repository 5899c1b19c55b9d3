"""Where claims of several lessons are made: TinyTorch, in versions that say so."""

_BOOK = "github.com/harvard-edge/cs249r_book, tinytorch/src/17_acceleration"
_BEFORE = "github.com/MLSysBook/TinyTorch"

TINYTORCH = (
    "TinyTorch, module 16, “Hardware Acceleration - The Free Speedup!”: "
    f"{_BEFORE}, modules/16_acceleration/acceleration_dev.py at commit 56f374e"
)
EARLIER = (
    "TinyTorch, module 16, “Acceleration - Making Models Run Faster”: "
    f"{_BEFORE}, modules/source/16_acceleration/acceleration_dev.py at commit 0fd500b"
)
ABOUT = f"TinyTorch, module 17, “Acceleration”: {_BOOK}/ABOUT.md at commit 16243a2"
KERNELS = f"TinyTorch, module “Kernels”: {_BEFORE}, modules/source/13_kernels/kernels_dev.py at commit 07c20e3"
_MODULE_18 = "TinyTorch, module 18, “Acceleration”"
_FILE_18 = "tinytorch-dev/_sources/modules/18_acceleration_ABOUT.md at commit 48453d2"
GUIDE = f"{_MODULE_18}: github.com/harvard-edge/cs249r_book, {_FILE_18}"
QUESTIONS = f"{_MODULE_18}, Systems Thinking Questions: github.com/harvard-edge/cs249r_book, {_FILE_18}"
