# Timers and pins, over what the machine has itself: one alarm, and pins by their numbers. Timers' functions run between two steps of the program, never in
# an interrupt: they may do whatever a program may.
from _machine import mem8, mem16, mem32, alarm as _alarm, pin as _pin, pin_mode as _pin_mode
from time import ticks_ms as _now, ticks_add as _add, ticks_diff as _diff

_running = []


def _set_alarm():
    if _running:
        now = _now()
        _alarm(min([_diff(timer.due, now) for timer in _running]), _ring)
    else:
        _alarm(0, None)


def _ring(_):
    now = _now()
    try:
        for timer in list(_running):
            if timer in _running and _diff(timer.due, now) <= 0:
                if timer.mode == Timer.PERIODIC:
                    timer.due = _add(timer.due, timer.period)
                    if _diff(timer.due, now) <= 0:
                        # Those that were missed are left out.
                        timer.due = _add(now, timer.period)
                else:
                    _running.remove(timer)
                timer.callback(timer)
    finally:
        _set_alarm()


class Timer:
    ONE_SHOT = 0
    PERIODIC = 1

    def __init__(self, id=-1, **how):
        self.id = id
        if how:
            self.init(**how)

    def init(self, *, mode=1, period=-1, freq=-1, callback=None):
        if freq > 0:
            period = max(1, 1000 // freq)
        if period <= 0:
            raise ValueError("period")
        self.deinit()
        self.mode = mode
        self.period = period
        self.callback = callback
        if callback is not None:
            self.due = _add(_now(), period)
            _running.append(self)
            _set_alarm()

    def deinit(self):
        if self in _running:
            _running.remove(self)
            _set_alarm()


class Pin:
    IN = 0
    OUT = 1
    PULL_UP = 1
    PULL_DOWN = 2

    def __init__(self, id, mode=-1, pull=None, *, value=None):
        self.id = id
        if mode < 0:
            _pin(id)
        else:
            self.init(mode, pull, value=value)

    def init(self, mode=-1, pull=None, *, value=None):
        # The value first: the pin then drives no other meanwhile.
        if value is not None:
            _pin(self.id, value)
        if mode >= 0:
            _pin_mode(self.id, mode, pull)

    def value(self, *value):
        return _pin(self.id, *value)

    __call__ = value

    def on(self):
        _pin(self.id, 1)

    def off(self):
        _pin(self.id, 0)

    def toggle(self):
        _pin(self.id, not _pin(self.id))
