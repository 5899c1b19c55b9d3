"""What runs in the children: each file but `pages` is the script of one of them."""
