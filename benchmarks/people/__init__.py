"""How people are named and grouped, on photographs and on video."""
