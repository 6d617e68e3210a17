# The event loop: tasks are generators, the queue is a list of [when, order, task], the soonest first.
from time import ticks_ms, ticks_add, ticks_diff, sleep_ms as _wait_ms


class CancelledError(BaseException):
    pass


class TimeoutError(Exception):
    pass


_queue = []
_order = 0
cur_task = None


def _push(task, when):
    global _order
    _order += 1
    at = len(_queue)
    while at and ticks_diff(_queue[at - 1][0], when) > 0:
        at -= 1
    _queue.insert(at, (when, _order, task))
    task.queue = _queue


class Task:
    def __init__(self, coro):
        self.coro = coro
        self.finished = False
        self.value = None
        self.error = None
        self.waiting = []
        self.queue = None
        self.throwing = None

    def done(self):
        return self.finished

    def cancel(self):
        if self.finished:
            return False
        _throw(self, CancelledError())
        return True

    def __iter__(self):
        if not self.finished:
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


def _throw(task, error):
    task.throwing = error
    queue = task.queue
    if queue is _queue:
        for at in range(len(queue)):
            if queue[at][2] is task:
                queue.pop(at)
                break
    elif queue is not None and task in queue:
        queue.remove(task)
    _push(task, ticks_ms())


def _wake(waiting):
    for task in waiting:
        _push(task, ticks_ms())
    waiting.clear()


def _step(task):
    global cur_task
    cur_task = task
    try:
        error = task.throwing
        task.throwing = None
        task.queue = None
        if error is not None:
            wait = task.coro.throw(error)
        else:
            wait = task.coro.send(None)
        if wait is None:
            _push(task, ticks_ms())
        elif isinstance(wait, int):
            _push(task, wait)
        else:
            task.queue = wait
    except StopIteration as end:
        task.value = end.value
        task.finished = True
    except CancelledError as error:
        task.error = error
        task.finished = True
    except Exception as error:
        task.error = error
        task.finished = True
    if task.finished:
        _wake(task.waiting)


def create_task(coro):
    task = Task(coro)
    _push(task, ticks_ms())
    return task


def run(coro):
    main = create_task(coro)
    while not main.finished:
        if _flags:
            for flag in _flags:
                if flag.state and flag.waiting:
                    _wake(flag.waiting)
        if not _queue:
            if not _flags:
                raise RuntimeError("nothing left to wait for")
            _wait_ms(1)
            continue
        left = ticks_diff(_queue[0][0], ticks_ms())
        if left > 0:
            _wait_ms(1 if _flags else left)
            continue
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
        self.held = False
        self.waiting = []

    def locked(self):
        return self.held

    def acquire(self):
        if self.held:
            self.waiting.append(cur_task)
            yield self.waiting
        self.held = True
        return True

    def release(self):
        if not self.held:
            raise RuntimeError("lock not acquired")
        if self.waiting:
            _push(self.waiting.pop(0), ticks_ms())
        else:
            self.held = False

    async def __aenter__(self):
        await self.acquire()

    async def __aexit__(self, kind, value, trace):
        self.release()


def _task(aw):
    return aw if isinstance(aw, Task) else create_task(aw)


async def gather(*aws, return_exceptions=False):
    results = []
    for task in [_task(aw) for aw in aws]:
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
    if not task.finished:
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
