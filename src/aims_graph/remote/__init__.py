"""A SPARQL 1.1 server as the place of graphs: its address, its protocols, and saved questions asked there."""
