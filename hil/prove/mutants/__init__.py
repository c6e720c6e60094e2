"""Do the tests notice? Lines of the firmware are broken one at a time, in copies of the tree, and the fast tests run.
Imports nothing of the other rooms; what runs in the copies (worker.py) imports nothing of the project at all.
"""
