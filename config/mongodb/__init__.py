"""Django's own apps for MongoDB, with ObjectIds as primary keys and migrations for them."""
