"""The operator's serial lines: lines in, answers, events and telemetry out. Pure; imports `shared` and `crypto`."""
