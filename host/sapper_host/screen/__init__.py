"""What people see while they wait: progress, and a row a board. Imports no other room."""
