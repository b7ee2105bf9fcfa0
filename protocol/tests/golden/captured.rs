use super::*;

/// Frames that a real node sent, with what was going on.
fn captured() -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    let lines = include_str!("cassandra-5.0.6.txt").lines();
    let lines = lines.filter(|line| !line.starts_with('#'));
    lines.map(|line| {
        let (name, frame) = line.split_once('\t').unwrap();
        (name, hex(frame))
    })
}

fn read(frame: &[u8]) -> (FrameHeader, ResponseBody) {
    let header = FrameHeader::decode(frame).unwrap().unwrap();
    let body = Bytes::copy_from_slice(&frame[FrameHeader::LENGTH..]);
    assert_eq!(header.length as usize, body.len());
    let decoded = ResponseBody::decode(header.version, header.flags, header.opcode, &body);
    (header, decoded.unwrap())
}

#[test]
fn what_a_real_node_sent_is_read_and_written_identically() {
    for (name, frame) in captured() {
        let (header, body) = read(&frame);
        let mut written = Vec::new();
        let codec = FrameCodec::new(header.version);
        codec.encode_response(&body, header.stream, &mut written).unwrap();
        assert_eq!(written, frame, "{name}: {body:?}");
    }
}

#[test]
fn what_a_real_node_sent_is_what_was_asked_for() {
    let mut kinds = std::collections::BTreeMap::<String, usize>::new();
    for (name, frame) in captured() {
        let (header, body) = read(&frame);
        let kind = match &body.response {
            Response::Error(error) => error.kind.name().to_owned(),
            Response::Rows(rows) => {
                let columns = rows.metadata.columns.as_deref().unwrap_or_default();
                for row in rows.typed::<helenus_protocol::Row<'_>>(columns).into_iter().flatten() {
                    let mut row = row.unwrap();
                    for column in columns {
                        let value = row.value::<helenus_protocol::Value>();
                        assert!(value.is_ok(), "{name}, {}: {value:?}", column.name);
                    }
                }
                "rows".to_owned()
            }
            other => format!("{:?}", other.opcode()),
        };
        *kinds.entry(format!("{} {kind}", header.version)).or_default() += 1;
    }
    for version in ["v4", "v5"] {
        for kind in [
            "Supported",
            "Ready",
            "Event",
            "Result",
            "rows",
            "syntax error",
            "invalid",
            "already exists",
            "unavailable",
            "function failure",
            "configuration error",
            "protocol error",
            "unprepared",
        ] {
            assert!(
                kinds.contains_key(&format!("{version} {kind}")),
                "{version} {kind}: {kinds:?}"
            );
        }
    }
}
