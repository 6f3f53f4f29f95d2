"""The windows: each paints a value of ``views/`` and emits wishes. Loaded when first opened."""
