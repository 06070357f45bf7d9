"""A fault that is not the video's fails no video, and ends no pool for good."""

from __future__ import annotations

import errno
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.workers.fake_worker import BEGUN, DIES, DONE, FakeWorker, Sent, ready
from vidfx.annotation.tasks import AnnotateVideo, DrawSegment, ObserveSegment, VideoTask
from vidfx.config import Settings
from vidfx.errors import StalledError, UnavailableError, VidfxError
from vidfx.jobs.events import Event, Heartbeat, Notice, Retried
from vidfx.jobs.plan import Job, Outputs
from vidfx.jobs.storage import Origin
from vidfx.video.container.segment import KeyFrame, Segment
from vidfx.workers import pool
from vidfx.workers import supervisor as workers
from vidfx.workers import watchdog as limits
from vidfx.workers.channel import Channel
from vidfx.workers.exhaustion import resources_exhausted, suggests_exhaustion
from vidfx.workers.messages import (
    Answer,
    Assignment,
    EnginesFailed,
    Exhausted,
    Failure,
    FromWorker,
    ToWorker,
    from_plain,
)
from vidfx.workers.pool import Pool
from vidfx.workers.sizing import PoolSize
from vidfx.workers.task import QueuedTask
from vidfx.workers.watchdog import Watchdog


@dataclass(frozen=True)
class FakeTask:
    job: Job

    def remove_parts(self, pid: int) -> None:
        pass

    def again(self) -> FakeTask:
        return self


class Run:
    """A pool of fake workers over videos that are named by numbers."""

    def __init__(
        self, jobs: int, size: PoolSize, size_for_device: Any = None, **options: Any
    ) -> None:
        self.events, self.answers = list[Event](), list[Answer | Failure]()
        self.tasks = [FakeTask(Job(Path(str(i)), Outputs.of(Path(str(i))))) for i in range(jobs)]
        self.pool = Pool(
            Settings(), size, None, self.handle, size_for_device=size_for_device, **options
        )

    def handle(self, event: Event) -> None:
        self.events.append(event)

    @property
    def notices(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, Notice)]

    @property
    def retries(self) -> list[str]:
        return [event.job.name for event in self.events if isinstance(event, Retried)]

    def go(self) -> dict[str, int]:
        with self.pool as pool:
            for _, answer in pool.do(self.tasks):
                self.answers.append(answer)
        return self.statuses

    @property
    def statuses(self) -> dict[str, int]:
        names = {Answer: "done", Failure: "failed"}
        return Counter(names[type(answer)] for answer in self.answers)


@pytest.fixture
def hand(monkeypatch: pytest.MonkeyPatch) -> type[FakeWorker]:
    """The kind of worker that pools have from now on."""
    kind = type("Fake", (FakeWorker,), {"all": []})
    monkeypatch.setattr(workers, "WorkerProcess", kind)
    monkeypatch.setattr(workers, "TRY_AGAIN_S", 0.0)
    monkeypatch.setattr(pool, "BUSY_S", 0.0)
    monkeypatch.setattr(pool, "TICK_S", 0.01)
    return kind


def size(count: int) -> PoolSize:
    return PoolSize(count, 1, (), None)


def test_where_engines_are_known_to_load_no_worker_waits_for_the_first(
    hand: type[FakeWorker],
) -> None:
    hand.starts = lambda worker: [ready()] if len(hand.all) > 1 else []
    run = Run(2, size(2), engines="load here")
    assert run.go() == {"done": 2}
    assert len(hand.all) == 2 and not hand.all[0].engines_loaded


def test_on_a_gpu_all_workers_start_together(hand: type[FakeWorker]) -> None:
    hand.starts = lambda worker: [ready("cuda:0")] if len(hand.all) > 1 else []
    guess = PoolSize(2, 4, ("0",), None, starts_together=True)
    assert Run(2, guess, size_for_device={"cuda:0": guess}.__getitem__).go() == {"done": 2}
    assert len(hand.all) == 2 and not hand.all[0].engines_loaded


def test_workers_of_a_wrong_guess_give_way_to_others(hand: type[FakeWorker]) -> None:
    hand.starts = lambda _: [ready("cpu")]
    guess, right = PoolSize(2, 4, ("0",), None, starts_together=True), PoolSize(3, 1, (), None)
    assert Run(9, guess, size_for_device={"cpu": right}.__getitem__).go() == {"done": 9}
    assert [h.threads for h in hand.all] == [4, 4, 1, 1, 1]
    assert all(h.left for h in hand.all[:2])


def test_what_all_workers_lack_is_said_once(hand: type[FakeWorker]) -> None:
    hand.starts = lambda _: [EnginesFailed(UnavailableError("no CUDA here"))]
    run = Run(9, PoolSize(3, 4, ("0",), None, starts_together=True))
    with pytest.raises(UnavailableError, match="no CUDA here"):
        run.go()
    assert len(hand.all) == 3 and not run.notices


def test_the_first_worker_says_what_the_engines_run_on(hand: type[FakeWorker]) -> None:
    run = Run(
        8,
        PoolSize(1, 0, ("0",), None),
        size_for_device={"cpu": PoolSize(4, 1, (), None)}.__getitem__,
    )
    assert run.go() == {"done": 8}
    first, *others = hand.all
    assert (first.gpu, first.threads, first.left) == ("0", 0, True)  # of another guess
    assert [(h.gpu, h.threads) for h in others] == [(None, 1)] * 4


def test_a_right_guess_costs_nothing(hand: type[FakeWorker]) -> None:
    hand.starts = lambda _: [ready("cuda:0")]
    guess = PoolSize(2, 4, ("0", "1"), None)
    assert Run(8, guess, size_for_device={"cuda:0": guess}.__getitem__).go() == {"done": 8}
    assert [h.gpu for h in hand.all] == ["0", "1"]


def test_a_worker_that_dies_between_two_videos_costs_none(hand: type[FakeWorker]) -> None:
    seen: Counter[str] = Counter()

    def does(here: FakeWorker, task: QueuedTask) -> list[Sent]:
        seen[task.name] += 1
        return [DIES] if here.any_task_started and seen[task.name] < 4 else [BEGUN, DONE]

    hand.does = does
    run = Run(4, size(1))
    assert run.go() == {"done": 4} and run.retries == []


def test_a_worker_killed_for_memory_beside_others_costs_no_video(hand: type[FakeWorker]) -> None:
    kills = 0

    def does(here: FakeWorker, task: QueuedTask) -> list[Sent]:
        nonlocal kills
        if task.name == "1" and kills < 3:
            kills += 1
            here.was_killed = True
            return [BEGUN, DIES]
        return [BEGUN, DONE]

    hand.does = does
    run = Run(20, size(3))
    assert run.go() == {"done": 20} and kills == 3
    assert any("going on with 2 at once" in n for n in run.notices)
    assert "going on with 3 at once" in run.notices  # it comes back


def test_a_video_that_kills_alone_fails(hand: type[FakeWorker]) -> None:
    def does(here: FakeWorker, task: QueuedTask) -> list[Sent]:
        here.was_killed = task.name == "1"
        return [BEGUN, DIES] if here.was_killed else [BEGUN, DONE]

    hand.does = does
    assert Run(5, size(2)).go() == {"done": 4, "failed": 1}


def exhausted(*, sure: bool) -> Exhausted:
    return Exhausted(VidfxError("Resource temporarily unavailable"), sure)


def test_a_shortage_beside_others_costs_no_video(hand: type[FakeWorker]) -> None:
    left = 4

    def does(_: FakeWorker, task: QueuedTask) -> list[Sent]:
        nonlocal left
        left -= 1
        return [BEGUN, exhausted(sure=False)] if left >= 0 and left % 2 else [BEGUN, DONE]

    hand.does = does
    run = Run(8, size(3))
    assert run.go() == {"done": 8}
    assert any("too few processes" in notice for notice in run.notices)


def test_a_lasting_shortage_ends_the_run_and_fails_no_video(hand: type[FakeWorker]) -> None:
    hand.does = lambda *_: [BEGUN, exhausted(sure=True)]
    run = Run(3, size(1))
    with pytest.raises(UnavailableError, match="too few processes") as caught:
        run.go()
    assert caught.value.exit_code == 4 and "ulimit" in caught.value.hint and not run.answers


def test_a_video_that_only_looks_like_a_shortage_fails_alone(hand: type[FakeWorker]) -> None:
    hand.does = lambda _, task: [BEGUN, exhausted(sure=False) if task.name == "1" else DONE]
    assert Run(3, size(1)).go() == {"done": 2, "failed": 1}


def test_no_further_worker_starts_and_the_others_go_on(hand: type[FakeWorker]) -> None:
    hand.starts = lambda here: [ready() if len(hand.all) == 1 else DIES]
    run = Run(9, size(4))
    assert run.go() == {"done": 9}
    assert any("a further worker could not start" in notice for notice in run.notices)


def test_the_last_worker_dies_and_none_can_be_started(hand: type[FakeWorker]) -> None:
    hand.starts = lambda here: [ready() if len(hand.all) == 1 else DIES]
    hand.does = lambda _, task: [BEGUN, DIES if task.name == "1" else DONE]
    run = Run(3, size(1))
    with pytest.raises(UnavailableError, match="the engines cannot be loaded"):
        run.go()
    assert len(hand.all) == 1 + workers.STARTS and run.statuses == {"done": 1}


def test_workers_that_are_ready_and_never_begin_end_the_run(hand: type[FakeWorker]) -> None:
    hand.does = lambda *_: [DIES]
    run = Run(3, size(2))
    with pytest.raises(UnavailableError, match="the engines cannot be loaded"):
        run.go()
    assert not run.answers


@pytest.mark.parametrize("number", [errno.EAGAIN, errno.EMFILE, errno.ENOMEM])
def test_no_process_can_be_started(
    hand: type[FakeWorker], monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    tries: list[int] = []

    def refuse(*_: object, **__: object) -> FakeWorker:
        tries.append(1)
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(workers, "WorkerProcess", refuse)
    run = Run(3, size(2))
    with pytest.raises(UnavailableError, match=os.strerror(number)):
        run.go()
    assert not run.answers and len(tries) == workers.FIRST_STARTS


def test_a_run_reports_that_it_is_alive_whatever_the_videos_do(hand: type[FakeWorker]) -> None:
    def does(here: FakeWorker, _: QueuedTask) -> list[Sent]:
        return [BEGUN]

    class OneThatWaits(Run):
        def handle(self, event: Event) -> None:
            super().handle(event)
            if self.events.count(Heartbeat()) == 5:
                hand.all[0].send([DONE])

    run = OneThatWaits(1, size(1))
    hand.does = does
    assert run.go() == {"done": 1} and run.events.count(Heartbeat()) >= 5


class StageTimer:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


def test_time_in_which_the_run_was_suspended_does_not_count(
    hand: type[FakeWorker], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = StageTimer()
    monkeypatch.setattr(limits, "time", clock)
    found, worker = Watchdog(5.0, None), hand(Settings(threads=1), None, None)
    hands: Any = [worker]
    worker.last_message = clock.now
    for _ in range(20):  # 4 s at work
        clock.now += 0.2
        assert not found.stalled(hands)
    clock.now += 3600  # everything was stopped
    assert not found.stalled(hands)
    for _ in range(4):
        clock.now += 0.2
        assert not found.stalled(hands)
    clock.now += 0.4
    assert found.stalled(hands) == [worker]


def test_a_worker_of_nothing_but_nonsense_is_as_good_as_dead() -> None:
    for sent in (b"\x00\x00\x00\x02{[", b"\x00\x00\x00\x02{}", b"\x7f\xff\xff\xff"):  # 2 GB
        ours, theirs = Channel.pair(FromWorker)
        os.write(theirs, sent)
        with pytest.raises((ValueError, OSError)):
            ours.receive()
        os.close(theirs)


def test_what_looks_like_a_shortage() -> None:
    try:
        try:
            raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        except OSError as error:
            raise VidfxError("a.mp4: cannot be opened") from error
    except VidfxError as error:
        assert suggests_exhaustion(error)
    assert suggests_exhaustion(RuntimeError("can't start new thread"))
    assert suggests_exhaustion(VidfxError("a.mp4: [Errno 24] Too many open files"))
    assert not suggests_exhaustion(VidfxError("a.mp4: Invalid data found when processing input"))
    assert not suggests_exhaustion(OSError(errno.ENOSPC, "No space left on device"))


def test_a_shortage_is_tried_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise RuntimeError("can't start new thread")

    assert not resources_exhausted()
    monkeypatch.setattr("threading.Thread.start", refuse)
    assert resources_exhausted()


def test_what_json_does_not_know_is_sent_too() -> None:
    ours, theirs = Channel.pair(FromWorker)
    counts = {"a": float("nan"), "b": [1.5, float("inf")], "name": os.fsdecode(b"\xff")}
    Channel(theirs, None).send(Answer(counts))
    assert ours.receive() == Answer({"a": None, "b": [1.5, None], "name": "\udcff"})


def test_a_task_and_an_error_come_back_whole() -> None:
    name = os.fsdecode(b"/v/caf\xe9.mp4")
    origin = Origin("s3://b/a.mp4", 7, "etag")
    job = Job(Path(name), Outputs.of(Path(name)), origin, "s3://out", ("left out",))
    ours, theirs = Channel.pair(ToWorker)
    other = Channel(theirs, FromWorker)
    key_frame = KeyFrame(0, 0)
    segment = Segment(1, 0.0, None, key_frame, 0.0, key_frame, 5.0)
    for task in (
        AnnotateVideo(job, overwrite=True, leftovers=(Path(name),)),
        ObserveSegment(job, segment, True),
        DrawSegment(job, segment, Path(name)),
    ):
        other.send(Assignment(task))
        assert from_plain(ours.receive().task, VideoTask) == task
    ours.send(Failure(StalledError("a.mp4: no progress", hint="wait")))
    error = other.receive().error
    assert isinstance(error, StalledError) and (str(error), error.hint) == (
        "a.mp4: no progress",
        "wait",
    )


def test_without_engines_all_workers_start_at_once_and_load_none(hand: type[FakeWorker]) -> None:
    assert Run(2, size(2), engines="none").go() == {"done": 2}
    assert len(hand.all) == 2 and not any(worker.engines for worker in hand.all)
