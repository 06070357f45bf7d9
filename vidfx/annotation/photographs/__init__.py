"""Photographs: each is found, read and drawn alone; all are in the tables of one folder."""
