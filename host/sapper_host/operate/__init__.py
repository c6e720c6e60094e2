"""The screens an operator drives and watches by: console and monitor. Imports `recordings`, `board` and below."""
