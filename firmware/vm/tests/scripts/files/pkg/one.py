name = "one"
from .two import value as two_value
