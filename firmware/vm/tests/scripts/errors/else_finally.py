# else and finally in every combination
def f(how, log):
    try:
        log.append("try")
        if how == "raise": raise ValueError
        if how == "return": return "returned"
        if how == "other": raise KeyError
    except ValueError:
        log.append("except")
    else:
        log.append("else")
    finally:
        log.append("finally")
    return "end"
for how in ("no", "raise", "return", "other"):
    log = []
    try:
        print(how, f(how, log), log)
    except KeyError:
        print(how, "KeyError", log)
