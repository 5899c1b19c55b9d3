"""What two pages draw or ask."""
