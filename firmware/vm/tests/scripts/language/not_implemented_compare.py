class A:
    def __eq__(self, other):
        print("A eq")
        return NotImplemented
    def __lt__(self, other):
        print("A lt")
        return NotImplemented
    def __ne__(self, other):
        print("A ne")
        return NotImplemented

class B:
    def __eq__(self, other):
        print("B eq")
        return True
    def __gt__(self, other):
        print("B gt")
        return "greater"
    def __ne__(self, other):
        print("B ne")
        return False

a, b = A(), B()
print(a == b, a != b, a < b)
print(a == a, a == A())
try:
    a < 1
except TypeError:
    print("no order")
