"""The laptop side of Sapper: the `sapper` command and the library under it."""
