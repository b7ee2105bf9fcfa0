"""The Python driver's side of the differential test.

Called with the node's host and port, the protocol version and the compression (`lz4` or `none`). Says on its standard
output how it is connected, then answers each request, a line of JSON, with a line of JSON. Values travel in the forms
that `form.rs` lists: `describe` makes a form of what the driver read, `build` makes of a form what the driver writes.
"""

import ipaddress
import json
import struct
import sys
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from cassandra import cqltypes, deserializers
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile
from cassandra.concurrent import execute_concurrent_with_args
from cassandra.marshal import int64_unpack
from cassandra.policies import WhiteListRoundRobinPolicy
from cassandra.query import tuple_factory
from cassandra.util import Date, Duration, Time

EPOCH = datetime(1970, 1, 1)
EMPTY_FORM = {"empty": True}

# Types that have an empty value beside null.
EMPTIABLE = (
    cqltypes.BooleanType,
    cqltypes.DateType,
    cqltypes.DecimalType,
    cqltypes.DoubleType,
    cqltypes.FloatType,
    cqltypes.InetAddressType,
    cqltypes.Int32Type,
    cqltypes.IntegerType,
    cqltypes.LongType,
    cqltypes.TimeUUIDType,
    cqltypes.UUIDType,
)


def teach_empty_values():
    """By default the driver reads empty values as null, and has no way to write them."""
    cqltypes._CassandraType.support_empty_values = True
    for cqltype in EMPTIABLE:
        cqltype.serialize = staticmethod(or_empty(cqltype.serialize))


def or_empty(serialize):
    return lambda value, version: b"" if value is cqltypes.EMPTY else serialize(value, version)


def teach_distant_timestamps():
    """The driver reads timestamps as datetimes, which end with the year 9999: others stay milliseconds here."""
    read_datetime = cqltypes.DateType.deserialize

    def deserialize(raw, version):
        try:
            return read_datetime(raw, version)
        except OverflowError:
            return int64_unpack(raw)

    cqltypes.DateType.deserialize = staticmethod(deserialize)
    deserializers.DesDateType = deserializers.GenericDeserializer


class Entries(list):
    """A map whose keys need not be hashable."""

    def items(self):
        return self


def millis_of(timestamp):
    if isinstance(timestamp, int):
        return timestamp
    micros = (timestamp - EPOCH) // timedelta(microseconds=1)
    return (micros + 500) // 1000


def timestamp_of(millis):
    try:
        return EPOCH + timedelta(milliseconds=millis)
    except OverflowError:
        return millis


def describe_decimal(value):
    sign, digits, exponent = value.as_tuple()
    unscaled = int("".join(map(str, digits)))
    return {"unscaled": str(-unscaled if sign else unscaled), "scale": -exponent}


def build_decimal(form):
    unscaled = int(form["unscaled"])
    digits = tuple(map(int, str(abs(unscaled))))
    return Decimal((int(unscaled < 0), digits, -form["scale"]))


def describe_bits(layout):
    return lambda value: "NaN" if value != value else struct.pack(layout, value).hex()


def build_bits(layout):
    return lambda form: float("nan") if form == "NaN" else struct.unpack(layout, bytes.fromhex(form))[0]


def same(value):
    return value


# For each simple type how a value becomes a form, and a form a value. A subclass stands before its base.
SIMPLE = (
    (cqltypes.AsciiType, same, same),
    (cqltypes.UTF8Type, same, same),
    (cqltypes.BooleanType, same, same),
    (cqltypes.ByteType, same, same),
    (cqltypes.ShortType, same, same),
    (cqltypes.Int32Type, same, same),
    (cqltypes.LongType, same, same),
    (cqltypes.IntegerType, str, int),
    (cqltypes.BytesType, bytes.hex, bytes.fromhex),
    (cqltypes.DecimalType, describe_decimal, build_decimal),
    (cqltypes.FloatType, describe_bits(">f"), build_bits(">f")),
    (cqltypes.DoubleType, describe_bits(">d"), build_bits(">d")),
    (cqltypes.UUIDType, str, UUID),
    (cqltypes.TimeUUIDType, str, UUID),
    (cqltypes.DateType, millis_of, timestamp_of),
    (cqltypes.SimpleDateType, lambda date: date.days_from_epoch, Date),
    (cqltypes.TimeType, lambda time: time.nanosecond_time, Time),
    (cqltypes.DurationType, lambda d: [d.months, d.days, d.nanoseconds], lambda form: Duration(*form)),
    (
        cqltypes.InetAddressType,
        lambda address: ipaddress.ip_address(address).packed.hex(),
        lambda form: str(ipaddress.ip_address(bytes.fromhex(form))),
    ),
)


def conversions(cqltype):
    for simple, to_form, to_value in SIMPLE:
        if issubclass(cqltype, simple):
            return to_form, to_value
    raise TypeError(f"no form is known for {cqltype}")


def describe(cqltype, value):
    if value is None:
        return None
    if value is cqltypes.EMPTY:
        return EMPTY_FORM
    if issubclass(cqltype, cqltypes.FrozenType):
        return describe(cqltype.subtypes[0], value)
    if issubclass(cqltype, cqltypes.VectorType):
        return [describe(cqltype.subtype, element) for element in value]
    if issubclass(cqltype, cqltypes.ListType):
        return [describe(cqltype.subtypes[0], element) for element in value]
    if issubclass(cqltype, cqltypes.SetType):
        return {"set": [describe(cqltype.subtypes[0], element) for element in value]}
    if issubclass(cqltype, cqltypes.MapType):
        key, item = cqltype.subtypes
        # `items` looks each key up by what it is written as, which fails for rounded timestamps and for short tuples.
        return {"map": [[describe(key, k), describe(item, v)] for k, v in value._items]}
    if issubclass(cqltype, cqltypes.UserType):
        fields = zip(cqltype.fieldnames, cqltype.subtypes, value, strict=True)
        return {"udt": [[name, describe(subtype, field)] for name, subtype, field in fields]}
    if issubclass(cqltype, cqltypes.TupleType):
        return [describe(subtype, field) for subtype, field in zip(cqltype.subtypes, value, strict=True)]
    to_form, _ = conversions(cqltype)
    return to_form(value)


def build(cqltype, form):
    if form is None:
        return None
    if form == EMPTY_FORM:
        return cqltypes.EMPTY
    if issubclass(cqltype, cqltypes.FrozenType):
        return build(cqltype.subtypes[0], form)
    if issubclass(cqltype, cqltypes.VectorType):
        return [build(cqltype.subtype, element) for element in form]
    if issubclass(cqltype, cqltypes.ListType):
        return [build(cqltype.subtypes[0], element) for element in form]
    if issubclass(cqltype, cqltypes.SetType):
        return [build(cqltype.subtypes[0], element) for element in form["set"]]
    if issubclass(cqltype, cqltypes.MapType):
        key, item = cqltype.subtypes
        return Entries((build(key, k), build(item, v)) for k, v in form["map"])
    if issubclass(cqltype, cqltypes.UserType):
        fields = dict(form["udt"])
        return tuple(build(subtype, fields[name]) for name, subtype in zip(cqltype.fieldnames, cqltype.subtypes))
    if issubclass(cqltype, cqltypes.TupleType):
        return tuple(build(subtype, field) for subtype, field in zip(cqltype.subtypes, form, strict=True))
    _, to_value = conversions(cqltype)
    return to_value(form)


class Peer:
    def __init__(self, host, port, version, compression):
        profile = ExecutionProfile(
            load_balancing_policy=WhiteListRoundRobinPolicy([host]), row_factory=tuple_factory, request_timeout=60
        )
        self.cluster = Cluster(
            [host],
            port=int(port),
            protocol_version=int(version),
            compression=False if compression == "none" else compression,
            execution_profiles={EXEC_PROFILE_DEFAULT: profile},
            schema_metadata_enabled=False,
        )
        self.session = self.cluster.connect()

    def connected(self):
        connection = self.cluster.control_connection._connection
        return {
            "version": connection.protocol_version,
            "compression": connection._compression_type if connection.compressor else None,
        }

    def run(self, statements):
        for cql in statements:
            self.session.execute(cql)

    def write(self, cql, rows):
        prepared = self.session.prepare(cql)
        types = [column.type for column in prepared.column_metadata]
        values = [[build(cqltype, form) for cqltype, form in zip(types, row, strict=True)] for row in rows]
        execute_concurrent_with_args(self.session, prepared, values, concurrency=32)

    def read(self, cql, key):
        rows = self.session.execute(self.session.prepare(cql), key)
        types = rows.column_types
        return [[describe(cqltype, value) for cqltype, value in zip(types, row, strict=True)] for row in rows]

    def answer(self, request):
        ((what, arguments),) = request.items()
        if what == "run":
            self.run(**arguments)
            return "done"
        if what == "write":
            self.write(**arguments)
            return "done"
        if what == "read":
            return {"rows": self.read(**arguments)}
        raise ValueError(f"no such request: {what}")


def say(answer):
    print(json.dumps(answer), flush=True)


def main():
    teach_empty_values()
    teach_distant_timestamps()
    try:
        peer = Peer(*sys.argv[1:])
        say({"connected": peer.connected()})
    except Exception as error:
        say({"error": f"{type(error).__name__}: {error}"})
        return
    for line in sys.stdin:
        try:
            say(peer.answer(json.loads(line)))
        except Exception as error:
            say({"error": f"{type(error).__name__}: {error}"})
    peer.cluster.shutdown()


main()
