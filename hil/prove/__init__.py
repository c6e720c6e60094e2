"""What is proved and measured with the rigs: safety, updates, fuzz, bench, second opinion, detector lab, campaign,
soak. Imports `play` and below.
"""
