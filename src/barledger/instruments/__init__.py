"""What is traded: contracts, the known ones among them, and their calendars."""
