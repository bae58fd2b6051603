"""The pages of a study: plain forms that work without a script, and better with one."""

from __future__ import annotations

import html

from styletalker.evaluation.study.database import Shown
from styletalker.evaluation.study.plan import LABELS, Item, Study

__all__ = ["error_page", "finish_page", "start_page", "trial_page"]

_INTRO = {
    "pairwise": "You will see pairs of short videos with sound, and be asked which of the two is "
    "better. If you cannot say, choose “no difference”.",
    "opinion": "You will see short videos with sound, one at a time, and be asked how good each "
    "is.",
}
_CHOICES = (("left", "Left"), ("same", "No difference"), ("right", "Right"))
_KEYS = {
    "pairwise": "Keys: A and B play the videos; 1, 2, 3 answer the next question; Enter goes on.",
    "opinion": "Keys: A plays the video; 1 to 5 answer the next question; Enter goes on.",
}


def start_page(study: Study) -> str:
    """What happens, and a button to begin."""
    total = study.per_person + study.checks
    body = (
        f"<p>{_INTRO[study.kind]}</p>"
        f"<p>There are {total} of them. Use headphones or loudspeakers in a quiet place. You may "
        "stop at any time: every answer is kept at once, and the same address goes on where you "
        "were. Nothing about you is stored but your answers and when you gave them.</p>"
        '<form method="post" action="/start"><button type="submit">Begin</button></form>'
    )
    return _page(study.title, f"<h1>{html.escape(study.title)}</h1>{body}")


def trial_page(study: Study, shown: Shown, token: str) -> str:
    """One or two videos, and the questions."""
    items = {one.id: one for one in study.items}
    files = [items[key] for key in (shown.trial.first, shown.trial.second) if key]
    names = ["Left", "Right"] if len(files) == 2 else ["Video"]
    videos = "".join(_video(item, name) for item, name in zip(files, names, strict=True))
    questions = "".join(_question(study, k, text) for k, text in enumerate(study.questions))
    body = (
        f'<p class="place" role="status">{shown.place + 1} of {shown.total}</p>'
        f'<progress max="{shown.total}" value="{shown.place}" aria-label="progress"></progress>'
        f'<div class="videos n{len(files)}">{videos}</div>'
        f'<form method="post" action="/p/{html.escape(token)}" class="answers">'
        f'<input type="hidden" name="trial" value="{shown.id}">'
        '<input type="hidden" name="watched" value="">'
        f'{questions}<p class="hint" role="status"></p>'
        '<button type="submit">Next</button></form>'
        f'<p class="keys">{_KEYS[study.kind]}</p>'
    )
    return _page(f"{study.title}: {shown.place + 1} of {shown.total}", body)


def finish_page(study: Study) -> str:
    """Thanks."""
    title = html.escape(study.title)
    return _page(
        study.title, f"<h1>{title}</h1><p>That was all. Thank you! You may close this page.</p>"
    )


def error_page(text: str) -> str:
    """Something is wrong with the address."""
    return _page(
        "Not found", f'<h1>Sorry</h1><p>{html.escape(text)}</p><p><a href="/">Start</a></p>'
    )


def _video(item: Item, name: str) -> str:
    return (
        f"<figure><figcaption>{name}</figcaption>"
        f'<video src="/media/{html.escape(item.file)}" controls playsinline preload="auto" '
        f'aria-label="{name} video"></video></figure>'
    )


def _question(study: Study, number: int, text: str) -> str:
    if study.kind == "pairwise":
        choices = list(_CHOICES)
    else:
        choices = [(str(k + 1), f"{k + 1} {label}") for k, label in enumerate(LABELS)]
    options = "".join(
        f'<label><input type="radio" name="q{number}" value="{value}" required>'
        f"<span>{label}</span></label>"
        for value, label in choices
    )
    return (
        f"<fieldset><legend>{html.escape(text)}</legend>"
        f'<div class="choices c{len(choices)}">{options}</div></fieldset>'
    )


def _page(title: str, body: str) -> str:
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="robots" content="noindex">\n'
        f"<title>{html.escape(title)}</title>\n"
        '<link rel="stylesheet" href="/study.css">\n<script src="/study.js" defer></script>\n'
        f"</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )
