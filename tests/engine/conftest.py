"""Where the native engine was not built there is nothing of it to test; the laws are then held by
the reference engine alone.
"""

from tests.engine.engines import NATIVE_BUILT

collect_ignore = [] if NATIVE_BUILT else ["test_agreement.py", "test_compiled_module.py"]
