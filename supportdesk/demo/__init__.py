def add(sample):
    pass
