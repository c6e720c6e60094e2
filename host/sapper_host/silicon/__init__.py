"""What is only emulated, measured on a real board standing on blocks, and compared with the model. Imports `connected`
and below."""
