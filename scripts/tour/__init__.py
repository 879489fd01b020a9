"""The tour: scenes that show what the product promises. A frame counts only if its statements are true."""
