"""The templates rootcellar renders its views from; a person's own template folder wins."""
