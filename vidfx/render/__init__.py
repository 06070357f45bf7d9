"""Finished results of ONE video drawn again from their rows: no model is loaded.

rows -> corrections -> what is hidden -> what is left out -> drawing -> encoder
"""
