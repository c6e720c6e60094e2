"""The operator's commands, carried out on the application. Imports every room but `drive`."""
