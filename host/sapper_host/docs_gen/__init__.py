"""The reference pages of docs/, written from the tables that firmware and tools run on. Imports `cli` and below."""
