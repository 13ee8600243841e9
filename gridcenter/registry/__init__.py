"""What is there: buildings, dwellings, households. May import casework and below."""
