"""The laboratory of the detector: scores on traces with truth, baselines to compare with, kernels, figures. Laptop
only. Imports `play` and below.
"""
