def conditions(p):
    return None
def table(l):
    return None
