"""What every page shows around its content: the rail, the search box, the person."""


def frame(request):
    return {}
