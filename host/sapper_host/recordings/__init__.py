"""Sessions and traces: files of what was said and measured, their truth, and the score. Imports `board` and below."""
