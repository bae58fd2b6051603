"""Studies: balance, pages, answers that survive, the analysis on simulated people."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import subprocess
import sys
import threading
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
from styletalker.core.cli.main import main
from styletalker.core.errors import InputError
from styletalker.core.files import read_json
from styletalker.core.media.movie import MovieFile
from styletalker.evaluation.study.analyse import analyse
from styletalker.evaluation.study.assign import Trial, assign
from styletalker.evaluation.study.bradley_terry import strengths
from styletalker.evaluation.study.create import create_study
from styletalker.evaluation.study.database import DATABASE, Answer, Answers
from styletalker.evaluation.study.plan import Item, Study, load_study
from styletalker.evaluation.study.server import StudyServer
from styletalker.evaluation.study.tables import as_markdown
from support.evaluation import moving_clip, write_clip

METHODS = ("a", "b", "c")
CLIPS = 6


def plan(kind: Any = "pairwise", per_person: int = 6, checks: int = 2) -> Study:
    """A study whose videos do not exist."""
    items = [
        Item(id=f"{m}{k}", method=m, clip=f"clip{k}", file=f"{m}{k}.mp4")
        for k in range(CLIPS)
        for m in METHODS
    ]
    items += [
        Item(id=f"bad{k}", method="a", clip=f"clip{k}", file=f"bad{k}.mp4", spoiled=True)
        for k in range(checks)
    ]
    return Study(
        kind=kind, title="T", questions=("better?",), methods=METHODS, items=tuple(items),
        per_person=per_person, checks=checks, seed=0,
    )  # fmt: skip


def given(study: Study, people: int) -> list[list[Trial]]:
    """What people are given one after the other."""
    counts: Counter[tuple[str, str]] = Counter()
    found = []
    for number in range(1, people + 1):
        trials = assign(study, counts, study.seed, number)
        counts.update((t.first, t.second) for t in trials if not t.expected)
        found.append(trials)
    return found


def test_pairs_are_balanced_and_sides_too() -> None:
    study = plan()
    people = given(study, 12)
    assert people == given(study, 12)
    asked = [t for trials in people for t in trials if not t.expected]
    pairs = Counter((t.first[1:], *sorted((t.first[0], t.second[0]))) for t in asked)
    assert len(pairs) == 3 * CLIPS  # every pair of every clip
    assert max(pairs.values()) - min(pairs.values()) <= 2
    left = Counter(t.first[0] for t in asked)
    right = Counter(t.second[0] for t in asked)
    assert all(abs(left[m] - right[m]) <= 3 for m in METHODS)
    for trials in people:
        real = [t for t in trials if not t.expected]
        assert len({t.first[1:] for t in real}) == 6  # no clip twice
        assert all(t.first[1:] == t.second[1:] and t.first != t.second for t in real)
        checks = [k for k, t in enumerate(trials) if t.expected]
        assert len(checks) == 2
        assert checks[0] > 0
        for k in checks:
            spoiled = trials[k].second if trials[k].expected == "left" else trials[k].first
            assert spoiled.startswith("bad")
    assert people[0] != people[1]


def test_opinions_are_balanced() -> None:
    people = given(plan("opinion"), 9)
    asked = [t.first for trials in people for t in trials if not t.expected]
    assert set(Counter(asked).values()) == {3}
    assert {t.expected for trials in people for t in trials} == {"", "low"}


def simulated(study: Study, people: int, prefer: Any, seed: int = 0) -> list[Answer]:
    rng = np.random.default_rng(seed)
    return [
        Answer(participant=k, question=0, value=prefer(trial, rng, k), trial=trial)
        for k, trials in enumerate(given(study, people))
        for trial in trials
    ]


TRUE = {"a": 0.8, "b": 0.0, "c": -0.8, "d": 0.8}


def chooses(trial: Trial, rng: Any, person: int) -> str:
    """Prefers by the strengths of the methods; person 0 does not look."""
    if trial.expected:
        return "same" if person == 0 else trial.expected
    gap = TRUE[trial.first[0]] - TRUE[trial.second[0]]
    return "left" if rng.random() < 1 / (1 + np.exp(-gap)) else "right"


def test_strengths_are_recovered_with_intervals() -> None:
    found = analyse(plan(), simulated(plan(), 80, chooses))
    assert (found.people, found.left_out) == (79, 1)
    ((question, scores, contrasts),) = found.questions
    assert question == "better?"
    assert [one.method for one in scores] == ["a", "b", "c"]
    for one in scores:
        assert one.low <= TRUE[one.method] <= one.high
        assert one.high - one.low < 0.7
    assert {(c.method, c.other): c.verdict for c in contrasts} == {
        ("a", "b"): "better", ("a", "c"): "better", ("b", "c"): "better",
    }  # fmt: skip
    assert contrasts[0].value == pytest.approx(1 / (1 + np.exp(-0.8)), abs=0.08)
    assert found.left_share == pytest.approx(0.5, abs=0.06)
    text = as_markdown(found)
    assert "79 people; 1 left out by the attention checks." in text
    assert "| a | b |" in text


def test_equal_methods_stay_undecided() -> None:
    def tosses(trial: Trial, rng: Any, person: int) -> str:
        return trial.expected or str(rng.choice(["left", "same", "right"]))

    wrong = 0
    for seed in range(10):
        found = analyse(plan(), simulated(plan(), 12, tosses, seed))
        wrong += sum(one.verdict != "undecided" for one in found.questions[0][2])
    assert wrong <= 1


def test_opinions_are_recovered() -> None:
    def rates(trial: Trial, rng: Any, person: int) -> str:
        if trial.expected:
            return "1"
        mean = {"a": 4.2, "b": 3.0, "c": 3.0}[trial.first[0]] + 0.3 * np.sin(person)
        return str(int(np.clip(np.round(rng.normal(mean, 0.7)), 1, 5)))

    found = analyse(plan("opinion"), simulated(plan("opinion"), 30, rates))
    ((_, scores, contrasts),) = found.questions
    assert scores[0].method == "a"
    assert scores[0].value == pytest.approx(4.2, abs=0.2)
    assert scores[0].low < scores[0].value < scores[0].high
    assert [(c.method, c.other, c.verdict) for c in contrasts] == [
        ("a", "b", "better"), ("a", "c", "better"), ("b", "c", "undecided"),
    ]  # fmt: skip
    assert contrasts[0].count == 30
    few = [one for one in simulated(plan("opinion"), 30, rates) if one.participant < 3]
    small = analyse(plan("opinion"), few)
    assert small.questions[0][2][0].count == CLIPS  # by clips, since there are few people
    assert small.notes == ("3 people answered: intervals over so few people are too narrow",)


def test_a_method_that_always_wins_is_not_infinite() -> None:
    power = strengths([[0, 10], [0, 0]])
    assert power[0] == pytest.approx(-power[1])
    assert 1 < power[0] < 3
    assert strengths([[0, 4], [4, 0]]) == pytest.approx([0, 0])
    with pytest.raises(InputError, match="wins must be a square matrix"):
        strengths([[0, 1]])
    with pytest.raises(InputError, match="nobody has answered yet"):
        analyse(plan(), [])
    careless = [Answer(participant=0, question=0, value="left", trial=Trial("x", "y", "right"))]
    with pytest.raises(InputError, match="nobody who answered passed the attention checks"):
        analyse(plan(), careless)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of two methods with three clips."""
    top = tmp_path_factory.mktemp("study")
    for method in ("ours", "theirs"):
        for k in range(3):
            # Lossless is no format of browsers: these are encoded again.
            write_clip(top / method / f"{k}.mp4", moving_clip(k), sound=method == "ours")
    write_clip(top / "ours" / "alone.mp4", moving_clip(0))
    write_clip(top / "ours" / "torn.mp4", moving_clip(0))
    (top / "theirs" / "torn.mp4").write_bytes(b"no video")
    made = create_study(
        top / "made", {name: top / name for name in ("ours", "theirs")}, kind="pairwise",
        title="A <b>", questions=("Which?", "Lips?"), per_person=10, checks=1,
    )  # fmt: skip
    assert len(made.left_out) == 2
    assert made.left_out[0] == "alone: theirs has no video of this name"
    assert made.left_out[1].startswith("torn: ")
    return top / "made"


def test_a_study_is_made(folder: Path) -> None:
    study = load_study(folder)
    assert (study.per_person, study.checks, study.methods) == (3, 1, ("ours", "theirs"))
    assert len(study.items) == 7
    for one in study.items:
        assert one.method not in one.file
        assert MovieFile.open(folder / "media" / one.file).height == 32
    ((_, spoiled),) = study.spoiled()
    still = np.stack(list(MovieFile.open(folder / "media" / spoiled.file).frames()))
    assert len(still) == 8
    assert np.abs(still - still[:1].astype(int)).max() <= 3
    with pytest.raises(InputError, match="already holds a study"):
        create_study(folder, {}, kind="pairwise", title="", questions=(), per_person=1, checks=0)
    with pytest.raises(InputError, match=r"holds no study \(no study.json\)"):
        load_study(folder / "media")


@pytest.fixture
def server(folder: Path) -> Iterator[StudyServer]:
    (folder / DATABASE).unlink(missing_ok=True)
    with StudyServer(folder, "127.0.0.1", 0) as one:
        thread = threading.Thread(target=one.serve_forever, daemon=True)
        thread.start()
        yield one
        one.shutdown()


def fetch(address: str, form: dict[str, Any] | None = None) -> tuple[str, str]:
    """Where one ends, and what the page says."""
    data = None if form is None else urllib.parse.urlencode(form).encode()
    with urllib.request.urlopen(urllib.request.Request(address, data)) as answer:
        return answer.geturl(), answer.read().decode()


def trial_of(text: str) -> str:
    found = re.search(r'name="trial" value="(\d+)"', text)
    assert found
    return found[1]


def test_a_person_answers(server: StudyServer, folder: Path) -> None:
    top = server.address
    text = fetch(top)[1]
    assert "<h1>A &lt;b&gt;</h1>" in text
    assert "There are 4 of them" in text
    where, text = fetch(top + "start", {})
    assert where.startswith(top + "p/")
    for place in range(4):
        assert f"{place + 1} of 4" in text
        assert "ours" not in text
        assert "theirs" not in text
        assert len(re.findall(r"<video ", text)) == 2
        form = {"trial": trial_of(text), "q0": "left", "q1": "same", "watched": "5.5"}
        old, (where, text) = form, fetch(where, form)
        fetch(where, {**old, "q0": "right"})  # going back does not change an answer
    assert "Thank you" in text
    answers = Answers(folder).all()
    assert len(answers) == 8
    assert [one.value for one in answers] == ["left", "same"] * 4
    assert Answers(folder).people() == 1


def test_what_is_not_allowed(server: StudyServer) -> None:
    top = server.address

    def status(path: str, **options: Any) -> int:
        port = server.server_address[1]
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
            connection.request(options.pop("method", "GET"), path, **options)
            answer = connection.getresponse()
            answer.read()
            return answer.status

    where, text = fetch(top + "start", {})
    path = where.removeprefix(top.rstrip("/"))
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    wrong = f"trial={trial_of(text)}&q0=left&q1=up"
    assert status(path, method="POST", body=wrong, headers=headers) == 400
    assert status(path, method="POST", body="trial=999&q0=left&q1=left", headers=headers) == 404
    assert status(path, method="POST", body="x" * 70000, headers=headers) == 413
    assert status("/p/nobody") == 404
    assert status("/media/../study.json") == 404
    assert status("/media/study.json") == 404
    assert status("/study.json") == 404
    assert status("/study.css") == 200


def test_parts_of_videos(server: StudyServer, folder: Path) -> None:
    name = server.study.items[0].file
    whole = (folder / "media" / name).read_bytes()
    cases = {
        "bytes=0-9": (206, whole[:10]),
        "bytes=5-": (206, whole[5:]),
        "bytes=-7": (206, whole[-7:]),
        "lines=1-2": (200, whole),
        "bytes=9999999-": (416, b""),
    }
    port = server.server_address[1]
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
        for part, expected in cases.items():
            connection.request("GET", f"/media/{name}", headers={"Range": part})
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == expected
    assert answer.getheader("Content-Range") == f"bytes */{len(whole)}"


def test_answers_survive_a_kill(folder: Path) -> None:
    (folder / DATABASE).unlink(missing_ok=True)
    code = (
        "import sys; from pathlib import Path\n"
        "from styletalker.evaluation.study.server import serve_study\n"
        "serve_study(Path(sys.argv[1]), '127.0.0.1', 0, lambda a: print(a, flush=True))\n"
    )
    command = [sys.executable, "-c", code, str(folder)]
    tokens: list[str] = []
    for k in range(2):  # killed, and started again
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            top = process.stdout.readline().strip()
            if not tokens:
                where, text = fetch(top + "start", {})
                tokens.append(where.removeprefix(top))
            else:
                where, text = fetch(top + tokens[0])
            assert f"{k + 1} of 4" in text
            fetch(where, {"trial": trial_of(text), "q0": "left", "q1": "right"})
            os.kill(process.pid, signal.SIGKILL)
    assert len(Answers(folder).all()) == 4


def run(*arguments: str) -> int:
    """The exit status of ``toolkit``."""
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return int(ended.value.code or 0)


def test_the_commands(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    top = folder.parent
    arguments = ["study", "create", "-o", str(tmp_path / "s"), "--kind", "opinion", "--checks", "0"]
    for name in ("ours", "theirs"):
        arguments += ["--generated", str(top / name)]
    assert run(*arguments) == 0
    shown = capsys.readouterr()
    assert "toolkit: left out: alone: theirs has no video of this name" in shown.err
    assert shown.out.strip() == str(tmp_path / "s" / "study.json")
    study = load_study(tmp_path / "s")
    assert study.questions[0] == "How natural is the video?"
    answers = Answers(tmp_path / "s")
    for _ in range(2):
        token = answers.begin(0, lambda counts, seed, n: assign(study, counts, seed, n))
        while (found := answers.next(token)) is not None:
            value = "4" if found.trial.first.startswith(tuple("01234567")) else "3"
            answers.add(token, found.id, {0: value, 1: "2"}, None)
    assert run("study", "analyse", str(tmp_path / "s")) == 0
    assert "2 people, 0 left out" in capsys.readouterr().out
    found_json = read_json(tmp_path / "s" / "analysis.json")
    assert found_json["questions"][1][1][0]["value"] == 2
    assert (tmp_path / "s" / "analysis.md").read_text().startswith("# Study\n")
    arguments[3:6] = [str(tmp_path / "t"), "--kind", "pairs"]
    assert run(*arguments) == 2
    assert "no such kind of study: 'pairs'" in capsys.readouterr().err
    assert attrs.evolve(study, seed=1) != study
