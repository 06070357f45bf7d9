"""Somebody's pictures and videos into a gallery: read, compared with each other, written."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from vidfx.annotation.embedding_engine import load_embedding
from vidfx.annotation.models import Models, load_models
from vidfx.auto_device import choose_device
from vidfx.enrol.read import EnrolledFace, digest_of, read_input
from vidfx.enrol.request import DEFAULT_MODEL, Enrolled, EnrolProgress, EnrolRequest
from vidfx.errors import GalleryError, InputError, OutputError, UsageError, output_errors
from vidfx.jobs.locks import BusyError, Locks
from vidfx.jobs.outcomes import Outcome, as_failure
from vidfx.jobs.plan import find_media
from vidfx.notation import clean
from vidfx.people.gallery import GALLERY, PRIVATE, Gallery, Rejected
from vidfx.people.likeness import twins, unlike_others
from vidfx_engines.base import Engine

UNLIKE = "unlike the others of this person (--keep-unlike adds it)"


def add(request: EnrolRequest, progress: EnrolProgress) -> Enrolled:
    """Add a person, or more pictures of one, to the gallery of the request, or to a new one.

    Inputs that cannot be read fail alone. Raises UsageError, GalleryError where the gallery is
    damaged or of another model, UnavailableError for the engines, InputError where not one face
    was added, and OutputError.
    """
    before = read_or_none(request.gallery)
    settings = replace(request.settings, device=choose_device(request.settings).device)
    name, crop = request.model, request.crop
    if before and name is None:
        name, crop = before.engine, crop or before.crop
    notices: list[str] = []
    engine = load_embedding(name or DEFAULT_MODEL, crop, settings, notices).engine
    spec = engine.spec
    assert spec.crop is not None
    new = Gallery.empty(spec.embedding_model, name or DEFAULT_MODEL, spec.crop.template)
    check_model(request.gallery, before or new, new)
    try:
        with load_models(settings) as models:
            for text in (*notices, *(n.text for n in models.notices() if not n.detail)):
                progress.notice(text)
            faces, rejected, failed = _read_all(request, before or new, models, engine, progress)
    finally:
        engine.close()
    if not faces:
        raise InputError(
            f"{request.name}: not one picture was added: {_reasons(rejected, failed)}",
            hint="give pictures that show the face of this person alone, large and sharp",
        )
    with writing(request.gallery):
        gallery = read_or_none(request.gallery) or new
        check_model(request.gallery, gallery, new)
        if not request.keep_unlike:
            faces, unlike = _alike(gallery, request.name, faces)
            rejected += unlike
        vectors = np.stack([face.embedding for face in faces])
        pictures = [face.picture for face in faces]
        gallery = gallery.added(request.name, vectors, pictures, rejected)
        thumbnails = {face.picture.thumbnail or "": face.thumbnail for face in faces}
        gallery.write(request.gallery, thumbnails)
    return _enrolled(request, gallery, len(faces), rejected, failed)


def read_or_none(folder: Path) -> Gallery | None:
    """The gallery in ``folder``; None where there is none. Raises GalleryError."""
    return Gallery.read(folder) if (folder / GALLERY).exists() else None


def check_model(folder: Path, gallery: Gallery, wanted: Gallery) -> None:
    """Raises GalleryError where the embeddings in ``folder`` are of another model."""
    if gallery.model != wanted.model:
        raise GalleryError(
            f"{folder}: its embeddings are of {gallery.engine or 'another model'}"
            f" ({gallery.crop} crops), not of {wanted.engine} ({wanted.crop} crops) as it is now",
            hint="name its model with --model, or make a new gallery",
        )


@contextmanager
def writing(folder: Path) -> Generator[None]:
    """Nobody else changes the gallery meanwhile. Raises OutputError."""
    with output_errors(folder):
        folder.mkdir(PRIVATE, parents=True, exist_ok=True)
    locks = Locks(folder)
    try:
        with locks.hold(Path(GALLERY)):
            yield
    except BusyError:
        raise OutputError(
            f"{folder}: another process is changing this gallery", hint="wait for it to end"
        ) from None
    finally:
        locks.close()


def _read_all(
    request: EnrolRequest,
    gallery: Gallery,
    models: Models,
    engine: Engine,
    progress: EnrolProgress,
) -> tuple[list[EnrolledFace], list[Rejected], list[Outcome]]:
    """The faces of all inputs, what is rejected, and what could not be read."""
    paths, failed = _found(request.inputs, progress)
    people: list[int] = gallery.person.tolist()
    owners = [gallery.names[person] for person in people]
    owner = {p.sha256: name for p, name in zip(gallery.pictures, owners, strict=True)}
    faces: list[EnrolledFace] = []
    rejected: list[Rejected] = []
    for number, path in enumerate(paths):
        progress.advanced(str(path), number, len(paths))
        try:
            digest = digest_of(path)
            if digest and digest in owner:
                found: list[EnrolledFace] | str = (
                    f"a duplicate: it is among those of {owner[digest]}"
                )
            else:
                found = read_input(path, digest, request, models, engine)
        except Exception as error:  # noqa: BLE001 - one input's fault must not end the others
            failure = as_failure(path, error)
            progress.failed(str(path), failure)
            failed.append(Outcome(str(path), "failed", error=failure))
            continue
        if isinstance(found, str):
            rejected.append(Rejected(clean(str(path)), digest, clean(found)))
        else:
            faces += found
            owner[digest] = request.name
    progress.advanced("", len(paths), len(paths))
    return faces, rejected, failed


def _found(inputs: Sequence[str], progress: EnrolProgress) -> tuple[list[Path], list[Outcome]]:
    """The files that the inputs name, and those that are none. Raises UsageError without any."""
    search = find_media(inputs)
    failed = [Outcome(name, "failed", error=error) for name, error in search.refused.values()]
    for outcome in failed:
        assert outcome.error is not None
        progress.failed(outcome.input, outcome.error)
    for line in search.left_out.lines():
        progress.notice(line)
    paths = [item.path for item in search.found.values()]
    if not paths and not failed:
        raise UsageError(
            f"there is no picture or video in {', '.join(inputs)}", hint="name other files"
        )
    return paths, failed


def _alike(
    gallery: Gallery, name: str, faces: list[EnrolledFace]
) -> tuple[list[EnrolledFace], list[Rejected]]:
    """Those that are like each other and like the person's earlier ones, and the rest."""
    new = np.stack([face.embedding for face in faces])
    own = gallery.embeddings[gallery.person == gallery.of(name)]
    unlike = unlike_others(np.concatenate([own.reshape(-1, new.shape[1]), new]))[len(own) :]
    pairs = list(zip(faces, unlike.tolist(), strict=True))
    rejected = [Rejected(f.picture.file, f.picture.sha256, UNLIKE) for f, out in pairs if out]
    return [face for face, out in pairs if not out], rejected


def _reasons(rejected: Sequence[Rejected], failed: Sequence[Outcome]) -> str:
    """The first reason, and how many more there are."""
    reasons = [f"{r.file}: {r.reason}" for r in rejected]
    reasons += [str(outcome.error) for outcome in failed]
    more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
    return (reasons or ["nothing was found"])[0] + more


def _enrolled(
    request: EnrolRequest,
    gallery: Gallery,
    added: int,
    rejected: Sequence[Rejected],
    failed: Sequence[Outcome],
) -> Enrolled:
    person = gallery.of(request.name)
    assert person is not None
    name = gallery.names[person]
    notes = [
        f"{t.first} and {t.second} are nearly alike to the model: they may be taken for each other"
        for t in twins(gallery)
        if name in (t.first, t.second)
    ]
    in_all = int((gallery.person == person).sum())
    return Enrolled(
        name, added, in_all, len(gallery.names), tuple(rejected), tuple(failed), tuple(notes)
    )
