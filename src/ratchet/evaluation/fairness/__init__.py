"""How sensitive groups fare: figures beside everybody else, with their draws."""
