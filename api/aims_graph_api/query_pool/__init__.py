"""Where free SPARQL is evaluated: in confined processes that can be killed."""
