def f(how):
    log = []
    for i in range(3):
        try:
            log.append(i)
            if how == "break" and i == 1: break
            if how == "continue" and i == 1: continue
            if how == "return" and i == 1: return log
            if how == "raise" and i == 1: raise ValueError
            log.append("body")
        except ValueError:
            log.append("except")
        else:
            log.append("else")
        finally:
            log.append("finally")
    return log
for how in ("", "break", "continue", "return", "raise"):
    print(how, f(how))
def override():
    try:
        return "try"
    finally:
        return "finally"
print(override())
def swallow():
    for x in range(2):
        try:
            raise ValueError
        finally:
            continue
    return "swallowed"
print(swallow())
def nested():
    try:
        try:
            raise KeyError("inner")
        finally:
            print("first")
    except KeyError as e:
        print("caught", e)
        try:
            raise
        except KeyError:
            print("again")
    finally:
        print("last")
nested()
