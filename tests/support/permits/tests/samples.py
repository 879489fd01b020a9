SAMPLES = {"permit": {"holder": "Anna Lund"}}
