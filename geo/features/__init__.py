"""What is on the map: every version of each record with a position, ready to be found and sent."""
