"""The screens an operator drives and watches by: console and monitor. Imports `connected`, `recordings` and below."""
