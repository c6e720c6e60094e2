"""What is proved and measured with the rigs: safety, updates, fuzz, bench, second opinion, detector lab, campaign,
soak, what belongs into RAM. Imports `play` and below.
"""
