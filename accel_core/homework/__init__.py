"""Homework: an assignment by an instructor, packs by students, and what checks them."""
