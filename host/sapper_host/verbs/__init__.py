"""The verbs of the `sapper` command: one a file, thin over the library. Heavy imports stay inside the functions."""
