"""Django's own apps as they are on MongoDB: with ObjectIds for keys, and migrations that make them so."""
