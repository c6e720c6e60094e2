"""`sapper bench check`: what is wrong between a rover and the instruments, found before anything runs.

`seen` is what was tried and what came of it, `model` what each fault would have shown, `diagnose` compares the two,
`look` tries it on a bench, `calibrate` measures the converters and clocks. Imports the rest of `hil.bench`.
"""
