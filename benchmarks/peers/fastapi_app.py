"""FastAPI with SQLAlchemy, as documented: models, a session per request, handlers in threads."""

import hashlib
import os
from datetime import datetime, timezone
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException
from sqlalchemy import JSON, DateTime, ForeignKey, TypeDecorator, create_engine, event, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    joinedload,
    mapped_column,
    relationship,
    sessionmaker,
)

from benchmarks.databases import PRAGMAS, is_postgres
from benchmarks.peers.documents import ComplaintIn, ComplaintOut, columns_of, document

URL = os.environ["PEER_DATABASE"]
if is_postgres(URL):
    engine = create_engine("postgresql+psycopg:" + URL.partition(":")[2])
else:
    engine = create_engine(URL)

    @event.listens_for(engine, "connect")
    def _pragmas(connection, _record):
        connection.executescript(PRAGMAS)


Sessions = sessionmaker(engine, expire_on_commit=False)


class Instant(TypeDecorator):
    """A UTC timestamp: SQLite stores no time zones."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return value and value.astimezone(timezone.utc).replace(tzinfo=None)

    def process_result_value(self, value, dialect):
        return value and value.replace(tzinfo=timezone.utc)


Json = JSON().with_variant(JSONB(), "postgresql")


class Base(DeclarativeBase):
    type_annotation_map = {datetime: DateTime(timezone=True).with_variant(Instant(), "sqlite")}


class Person(Base):
    __tablename__ = "desk_person"
    id: Mapped[str] = mapped_column(primary_key=True)
    company_id: Mapped[str]
    name: Mapped[str]


class Key(Base):
    __tablename__ = "desk_key"
    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str]
    owner_id: Mapped[str] = mapped_column(ForeignKey("desk_person.id"))
    owner: Mapped[Person] = relationship()


class Complaint(Base):
    __tablename__ = "desk_complaint"
    id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]
    company_id: Mapped[str]
    status: Mapped[int]
    created_at: Mapped[datetime]
    created_by: Mapped[str | None]
    last_modified_at: Mapped[datetime]
    last_modified_by: Mapped[str | None]
    chat_id: Mapped[str | None]
    desc: Mapped[str]
    room_description: Mapped[str]
    contact_name: Mapped[str]
    contact_email: Mapped[str]
    contact_telephone: Mapped[str]
    priority: Mapped[int]
    images: Mapped[list] = mapped_column(Json)
    user_id: Mapped[str | None]
    comment: Mapped[str]
    response: Mapped[str]
    custom_fields: Mapped[dict | None] = mapped_column(Json)
    object_id: Mapped[str]
    complaint_status: Mapped[str]
    assigned_date: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    finished_by: Mapped[str | None]
    finish_images: Mapped[list] = mapped_column(Json)
    tags: Mapped[list] = mapped_column(Json)


def open_session():
    with Sessions() as session:
        yield session


OpenSession = Annotated[Session, Depends(open_session)]


def caller(session: OpenSession, x_api_key: Annotated[str | None, Header()] = None) -> Person:
    digest = hashlib.sha256((x_api_key or "").encode()).hexdigest()
    found = session.scalars(select(Key).options(joinedload(Key.owner)).where(Key.digest == digest)).first()
    if found is None:
        raise HTTPException(401, "Send a valid key.")
    return found.owner


Caller = Annotated[Person, Depends(caller)]
app = FastAPI()


def _of(session: Session, person: Person, pk: str) -> Complaint:
    wanted = select(Complaint).where(Complaint.id == pk, Complaint.company_id == person.company_id)
    found = session.scalars(wanted).first()
    if found is None:
        raise HTTPException(404, "There is no such complaint.")
    return found


@app.get("/v2/complaints", response_model=list[ComplaintOut])
def listed(session: OpenSession, person: Caller, limit: int = 100, offset: int = 0):
    wanted = select(Complaint).where(Complaint.company_id == person.company_id)
    found = session.scalars(wanted.order_by(Complaint.id).limit(limit).offset(offset))
    return [document(complaint) for complaint in found]


@app.get("/v2/complaints/{pk}", response_model=ComplaintOut)
def read(session: OpenSession, person: Caller, pk: str):
    return document(_of(session, person, pk))


@app.patch("/v2/complaints/{pk}", response_model=ComplaintOut)
def update(session: OpenSession, person: Caller, pk: str, sent: ComplaintIn):
    complaint = _of(session, person, pk)
    values = columns_of(sent)
    if values.get("user_id"):
        known = select(Person.id).where(
            Person.id == values["user_id"], Person.company_id == person.company_id
        )
        if session.scalars(known).first() is None:
            raise HTTPException(422, "There is no such user.")
    for name, value in values.items():
        setattr(complaint, name, value)
    complaint.last_modified_at = datetime.now(timezone.utc)
    complaint.last_modified_by = person.id
    session.commit()
    return document(complaint)
