# The event loop: tasks are generators, the queue is a list of (when, order, task), the soonest first.
from time import ticks_ms, ticks_add, ticks_diff, sleep_ms as _wait_ms


class CancelledError(BaseException):
    pass


class TimeoutError(Exception):
    pass


_queue = []
_order = 0
cur_task = None


# Without a time: at once.
def _push(task, when=None):
    global _order
    if when is None:
        when = ticks_ms()
    _order += 1
    at = len(_queue)
    while at and ticks_diff(_queue[at - 1][0], when) > 0:
        at -= 1
    _queue.insert(at, (when, _order, task))
    task.list = _queue


class Task:
    state = True  # not finished
    value = error = None
    list = None  # what it waits in: `_queue`, or the tasks that wait for one thing
    throw = None  # what it is to be told instead of going on

    def __init__(self, coro):
        self.coro = coro
        self.waiting = []

    def done(self):
        return not self.state

    def cancel(self):
        if not self.state:
            return False
        self.throw = CancelledError()
        queue = self.list
        if queue is _queue:
            for entry in queue:
                if entry[2] is self:
                    queue.remove(entry)
                    break
        elif queue is not None and self in queue:
            queue.remove(self)
        _push(self)
        return True

    def __iter__(self):
        if self.state:
            self.waiting.append(cur_task)
            try:
                yield self.waiting
            except CancelledError:
                if cur_task in self.waiting:
                    self.waiting.remove(cur_task)
                self.cancel()
                raise
        if self.error is not None:
            raise self.error
        return self.value

    __await__ = __iter__


def _wake(waiting):
    for task in waiting:
        _push(task)
    waiting.clear()


def _step(task):
    global cur_task
    cur_task = task
    try:
        error = task.throw
        task.throw = task.list = None
        if error is not None:
            wait = task.coro.throw(error)
        else:
            wait = task.coro.send(None)
        if wait is None or isinstance(wait, int):
            _push(task, wait)
        else:
            task.list = wait
        return
    except StopIteration as end:
        task.value = end.value
    except (CancelledError, Exception) as error:
        task.error = error
    task.state = False
    _wake(task.waiting)


def create_task(coro):
    task = Task(coro)
    _push(task)
    return task


def run(coro):
    main = create_task(coro)
    while main.state:
        for flag in _flags:
            if flag.state:
                _wake(flag.waiting)
        if not _queue and not _flags:
            raise RuntimeError("nothing left to wait for")
        left = ticks_diff(_queue[0][0], ticks_ms()) if _queue else 1
        if left > 0:
            _wait_ms(1 if _flags else left)
        else:
            _step(_queue.pop(0)[2])
    if main.error is not None:
        raise main.error
    return main.value


def new_event_loop():
    _queue.clear()
    _flags.clear()


def current_task():
    return cur_task


def sleep_ms(ms):
    yield ticks_add(ticks_ms(), max(ms, 0))


def sleep(seconds):
    yield ticks_add(ticks_ms(), int(seconds * 1000))


class Event:
    def __init__(self):
        self.state = False
        self.waiting = []

    def is_set(self):
        return self.state

    def set(self):
        self.state = True
        _wake(self.waiting)

    def clear(self):
        self.state = False

    def wait(self):
        if not self.state:
            self.waiting.append(cur_task)
            yield self.waiting
        return True


_flags = []


# Set from an interrupt or by `micropython.schedule`: the loop looks at it.
class ThreadSafeFlag(Event):
    def __init__(self):
        super().__init__()
        _flags.append(self)

    def set(self):
        self.state = True

    def wait(self):
        while not self.state:
            self.waiting.append(cur_task)
            yield self.waiting
        self.state = False


class Lock:
    def __init__(self):
        self.state = False
        self.waiting = []

    def locked(self):
        return self.state

    def acquire(self):
        if self.state:
            self.waiting.append(cur_task)
            yield self.waiting
        self.state = True
        return True

    def release(self):
        if not self.state:
            raise RuntimeError("lock not acquired")
        if self.waiting:
            _push(self.waiting.pop(0))
        else:
            self.state = False

    async def __aenter__(self):
        await self.acquire()

    async def __aexit__(self, *_):
        self.release()


def _task(aw):
    return aw if isinstance(aw, Task) else create_task(aw)


async def gather(*aws, return_exceptions=False):
    results = []
    for task in list(map(_task, aws)):
        try:
            results.append(await task)
        except Exception as error:
            if not return_exceptions:
                raise
            results.append(error)
    return results


async def wait_for(aw, seconds):
    return await wait_for_ms(aw, None if seconds is None else int(seconds * 1000))


async def _cancel_after(task, ms, note):
    await sleep_ms(ms)
    if task.state:
        note.append(True)
        task.cancel()


async def wait_for_ms(aw, ms):
    task = _task(aw)
    if ms is None:
        return await task
    note = []
    timer = create_task(_cancel_after(task, ms, note))
    try:
        return await task
    except CancelledError:
        if note:
            raise TimeoutError
        raise
    finally:
        timer.cancel()
